package config

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// maxFile bounds the file before it is parsed.
const maxFile = 1 << 20

// Load reads, checks and completes the file at path. The error is *Problems
// when the file could be read but is wrong.
func Load(path string) (*Config, error) {
	data, err := readFile(path)
	if err != nil {
		return nil, err
	}
	c, err := Parse(path, data)
	if err != nil {
		return nil, err
	}
	base, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return nil, fmt.Errorf("config: %w", err)
	}
	c.resolve(base)
	return c, nil
}

// Parse reads and checks a file's text. Paths stay as they were written. The
// error is *Problems; name is what it calls the file.
func Parse(name string, data []byte) (*Config, error) {
	problems := &Problems{File: name}
	c := Default()
	entries, bad := scan(data)
	if bad != nil {
		problems.List = []Problem{*bad}
		return nil, problems
	}
	at := make(map[string]entry, len(entries))
	for _, e := range entries {
		at[e.key] = e
		if p := e.decode(&c); p != nil {
			problems.List = append(problems.List, *p)
		}
	}
	problems.List = append(problems.List, c.check(at)...)
	if len(problems.List) > 0 {
		problems.sort()
		return nil, problems
	}
	return &c, nil
}

// ErrNoFile says that there is no configuration file: name the right one, or make it.
var ErrNoFile = errors.New("config: no configuration file")

func readFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%w: %w", ErrNoFile, err)
	}
	if err != nil {
		return nil, fmt.Errorf("config: %w", err)
	}
	if info.Size() > maxFile {
		return nil, fmt.Errorf("config: %s is larger than 1 MiB", path)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("config: %w", err)
	}
	return data, nil
}

// entry is one key of the file with its value, decodable by itself: so one bad
// value does not hide the next.
type entry struct {
	key          string // dotted
	line, column int
	table        string // its table's dotted name
	text         []byte // key = value
}

// scan takes a file apart. The problem is one of syntax, or of a key that stands twice.
func scan(data []byte) ([]entry, *Problem) {
	if err := toml.Unmarshal(data, &map[string]any{}); err != nil {
		return nil, syntaxProblem(err)
	}
	var (
		parser  unstable.Parser
		entries []entry
		table   []string
	)
	parser.Reset(data)
	for parser.NextExpression() {
		e := parser.Expression()
		switch e.Kind {
		case unstable.Table:
			table = keyParts(e.Key())
			if !isTable(strings.Join(table, ".")) {
				entries = append(entries, tableEntry(&parser, e, table))
			}
		case unstable.ArrayTable: // there are none in Config
			entries = append(entries, tableEntry(&parser, e, keyParts(e.Key())))
			table = []string{"[[]]"}
		case unstable.KeyValue:
			key := keyParts(e.Key())
			line, column := position(data, parser.Raw(e.Raw))
			entries = append(entries, entry{
				key:    strings.Join(append(append([]string{}, table...), key...), "."),
				line:   line,
				column: column,
				table:  strings.Join(table, "."),
				text:   bytes.Clone(parser.Raw(e.Raw)),
			})
		}
	}
	return dropNested(entries), nil
}

// tableEntry stands for a table that the gateway does not know.
func tableEntry(p *unstable.Parser, e *unstable.Node, name []string) entry {
	it := e.Key()
	it.Next()
	line, column := position(p.Data(), p.Raw(it.Node().Raw))
	return entry{key: strings.Join(name, "."), line: line, column: column}
}

// dropNested drops the keys of unknown tables, whose table has been reported already.
func dropNested(entries []entry) []entry {
	kept := entries[:0]
	for _, e := range entries {
		if e.text == nil || e.table == "" || isTable(e.table) {
			kept = append(kept, e)
		}
	}
	return kept
}

func keyParts(it unstable.Iterator) []string {
	var parts []string
	for it.Next() {
		parts = append(parts, string(it.Node().Data))
	}
	return parts
}

// position finds where part, a slice of data, begins: line and column from 1.
func position(data, part []byte) (line, column int) {
	offset := cap(data) - cap(part)
	before := data[:offset]
	return bytes.Count(before, []byte("\n")) + 1, offset - bytes.LastIndexByte(before, '\n')
}

// decode puts the entry's value into c.
func (e entry) decode(c *Config) *Problem {
	if e.text == nil {
		return e.problem("phần này không có trong cấu hình", "there is no such section")
	}
	text := e.text
	if e.table != "" {
		text = append([]byte("["+e.table+"]\n"), e.text...)
	}
	err := toml.NewDecoder(bytes.NewReader(text)).DisallowUnknownFields().Decode(c)
	var unknown *toml.StrictMissingError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &unknown):
		return e.problem("không có khóa này trong cấu hình", "there is no such key")
	}
	reason := strings.TrimPrefix(err.Error(), "toml: ")
	return e.problem("giá trị không đúng kiểu; xem khóa này trong congvan.example.toml", "the value has the wrong type: "+reason)
}

func (e entry) problem(vi, en string) *Problem {
	return &Problem{Key: e.key, Line: e.line, Column: e.column, Vi: vi, En: en}
}

func syntaxProblem(err error) *Problem {
	p := &Problem{
		Vi: "sai cú pháp TOML: " + strings.TrimPrefix(err.Error(), "toml: "),
		En: "not valid TOML",
	}
	var d *toml.DecodeError
	if errors.As(err, &d) {
		p.Line, p.Column = d.Position()
		p.Key = strings.Join(d.Key(), ".")
	}
	return p
}
