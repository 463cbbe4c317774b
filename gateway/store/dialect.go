package store

import (
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// dialect is where the two engines' SQL differs. Statements are written once, in
// the text that both understand, with a few words that the dialect spells out:
//
//	x IN list($1)  $1 is a JSON array of texts
//	{lock}         rows of d stay as they are until the transaction ends
//	{skip}         the same, leaving out rows that others have locked
//	{code} …       the types in migrations/00001_core.sql
type dialect struct {
	name       string
	words      *strings.Replacer
	list       string // what becomes of IN list($1)
	marks      bool   // parameters of long inserts are ?, not $1: names cost SQLite quadratic time
	feedBound  string
	feedPage   string
	feedLast   string
	known      string // does an event exist?
	timeline   string
	alone      string            // waits for others that named the same text; empty: nobody else writes
	translated map[string]string // guarded by mu
	mu         sync.RWMutex
}

var listCall = regexp.MustCompile(`IN list\((\$\d+)\)`)

func sqliteDialect() *dialect {
	return &dialect{
		name: "sqlite",
		words: strings.NewReplacer(
			"{lock}", "", "{skip}", "",
			"{code}", "TEXT", "{bytes}", "BLOB", "{serial}", "INTEGER PRIMARY KEY", "{slim}", "WITHOUT ROWID"),
		list:       "IN (SELECT value FROM json_each($1))",
		marks:      true,
		feedBound:  sqliteFeedBound,
		feedPage:   sqliteFeedPage,
		feedLast:   sqliteFeedLast,
		known:      sqliteEventKnown,
		timeline:   sqliteTimeline,
		translated: make(map[string]string),
	}
}

func postgresDialect() *dialect {
	return &dialect{
		name: "postgres",
		words: strings.NewReplacer(
			"{lock}", "FOR UPDATE OF d", "{skip}", "FOR UPDATE OF d SKIP LOCKED",
			"{code}", `TEXT COLLATE "C"`, "{bytes}", "BYTEA",
			"{serial}", "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY", "{slim}", ""),
		list:       "= ANY(ARRAY(SELECT jsonb_array_elements_text($1::text::jsonb)))",
		feedBound:  postgresFeedBound,
		feedPage:   postgresFeedPage,
		feedLast:   postgresFeedLast,
		known:      postgresEventKnown,
		timeline:   postgresTimeline,
		alone:      `SELECT pg_advisory_xact_lock(hashtextextended($1, 0))`,
		translated: make(map[string]string),
	}
}

// text gives the engine's own text of a statement. Statements are few, so that
// every translation is kept.
func (d *dialect) text(statement string) string {
	d.mu.RLock()
	text, ok := d.translated[statement]
	d.mu.RUnlock()
	if ok {
		return text
	}
	text = d.translate(statement)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.translated[statement] = text
	return text
}

func (d *dialect) translate(statement string) string {
	text := d.words.Replace(statement)
	return listCall.ReplaceAllStringFunc(text, func(call string) string {
		parameter := listCall.FindStringSubmatch(call)[1]
		return strings.ReplaceAll(d.list, "$1", parameter)
	})
}

// values gives the rows of an INSERT: ($1,$2),($3,$4) or (?,?),(?,?).
func (d *dialect) values(rows, columns int) string {
	var b strings.Builder
	for i := range rows * columns {
		switch {
		case i == 0:
			b.WriteByte('(')
		case i%columns == 0:
			b.WriteString("),(")
		default:
			b.WriteByte(',')
		}
		b.WriteString(d.mark(i + 1))
	}
	b.WriteByte(')')
	return b.String()
}

func (d *dialect) mark(n int) string {
	if d.marks {
		return "?"
	}
	return "$" + strconv.Itoa(n)
}
