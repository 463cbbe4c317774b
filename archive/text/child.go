package text

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"syscall"

	"golang.org/x/sys/unix"
)

// Command is the hidden first argument with which a program that uses an Extractor is
// started again as its child. The program then does nothing but Main:
//
//	if len(os.Args) > 1 && os.Args[1] == text.Command {
//		os.Exit(text.Main())
//	}
const Command = "read-text"

// callFD is the descriptor of a child's end of the socket to its parent.
const callFD = 3

// frame is one line from the child: that it is ready, a page, that it begins to
// recognise one, or the end of the document.
type frame struct {
	Ready       bool    `json:",omitempty"`
	Page        *Page   `json:",omitempty"`
	Recognising bool    `json:",omitempty"`
	End         *result `json:",omitempty"`
}

// Main is the child: it reads files until its parent hangs up, and gives the exit code.
func Main() int {
	return childMain(func(w *worker, f *os.File, size int64, h *harvest) result { return w.read(f, size, h) })
}

// childMain is Main with the reading as an argument.
func childMain(read func(*worker, *os.File, int64, *harvest) result) int {
	// Programs started by this goroutine die with its thread, which is thereby the child's.
	runtime.LockOSThread()
	if err := serve(read); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func serve(read func(*worker, *os.File, int64, *harvest) result) error {
	var c config
	if err := json.NewDecoder(io.LimitReader(os.Stdin, 64<<10)).Decode(&c); err != nil {
		return fmt.Errorf("read the settings: %w", err)
	}
	pdf, err := openPDFium(c.Cache, c.Memory/3)
	if err != nil || c.Prepare {
		return err
	}
	conn, err := call()
	if err != nil {
		return err
	}
	if err := settle(c); err != nil {
		return fmt.Errorf("lay down rights: %w", err)
	}
	lines := json.NewEncoder(conn)
	lines.SetEscapeHTML(false)
	w := &worker{config: c, spell: newSpeller(), pdf: pdf}
	w.recognising = func() error { return lines.Encode(frame{Recognising: true}) }
	if err := lines.Encode(frame{Ready: true}); err != nil {
		return err
	}
	for {
		f, size, err := receive(conn)
		if err != nil {
			return ignoreEOF(err)
		}
		h := newHarvest(func(p Page) error { return lines.Encode(frame{Page: &p}) })
		r := read(w, f, size, h)
		f.Close()
		if err := lines.Encode(frame{End: &r}); err != nil {
			return err
		}
	}
}

func ignoreEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// call takes the socket to the parent.
func call() (*net.UnixConn, error) {
	file := os.NewFile(callFD, "parent")
	defer file.Close()
	conn, err := net.FileConn(file)
	if err != nil {
		return nil, fmt.Errorf("no parent: %w", err)
	}
	call, ok := conn.(*net.UnixConn)
	if !ok {
		return nil, errors.New("no parent: not a socket")
	}
	return call, nil
}

// settle gives up what the child needs no more, before it meets the first file.
func settle(c config) error {
	// A write beyond a limit is to fail, here and in the programs that inherit this,
	// not to kill.
	signal.Ignore(syscall.SIGXFSZ)
	debug.SetMaxStack(64 << 20)
	debug.SetMemoryLimit(c.Memory * 3 / 4)
	debug.FreeOSMemory()
	return confine(c.Memory, c.CPU)
}

// receive waits for a file: its size in eight bytes, and its descriptor.
func receive(conn *net.UnixConn) (*os.File, int64, error) {
	var size [8]byte
	rights := make([]byte, unix.CmsgSpace(4))
	n, oob, _, _, err := conn.ReadMsgUnix(size[:], rights)
	switch {
	case err != nil:
		return nil, 0, err
	case n == 0:
		return nil, 0, io.EOF
	case n != len(size):
		return nil, 0, errors.New("text: half a message")
	}
	messages, err := unix.ParseSocketControlMessage(rights[:oob])
	if err != nil || len(messages) != 1 {
		return nil, 0, fmt.Errorf("text: no descriptor: %w", err)
	}
	fds, err := unix.ParseUnixRights(&messages[0])
	if err != nil || len(fds) != 1 {
		return nil, 0, fmt.Errorf("text: no descriptor: %w", err)
	}
	unix.CloseOnExec(fds[0])
	return os.NewFile(uintptr(fds[0]), "document"), int64(binary.BigEndian.Uint64(size[:])), nil
}

// hand gives a file to the child.
func hand(conn *net.UnixConn, f *os.File, size int64) error {
	message := binary.BigEndian.AppendUint64(nil, uint64(size))
	_, _, err := conn.WriteMsgUnix(message, unix.UnixRights(int(f.Fd())), nil)
	runtime.KeepAlive(f)
	return err
}
