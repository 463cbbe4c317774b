// Command congvan is a gateway for Vietnamese official correspondence: it takes
// edXML letters from offices' software, checks, keeps, routes and delivers them,
// and proves every step.
//
// main.go reads the command line, wire.go ties the parts together, and each
// command has a file of its own.
package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"github.com/alecthomas/kong"
)

func main() { os.Exit(run(os.Args[1:])) }

// run is the whole program; it gives the exit status.
func run(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	c := &cli{}
	t := &terminal{in: os.Stdin, out: os.Stdout, err: os.Stderr}
	status := -1
	parser, err := kong.New(c, options(t, &status)...)
	if err != nil {
		return t.fail(err)
	}
	parser.Model.HelpFlag.Help = "Xem hướng dẫn / show help."
	parsed, err := parser.Parse(orHelp(args))
	if status >= 0 { // --help
		return status
	}
	if err != nil {
		return t.usage(err)
	}
	t.json = c.JSON
	parsed.BindTo(ctx, (*context.Context)(nil))
	return t.status(parsed.Run(t, &c.globals))
}

// orHelp answers a newcomer who gives no command, or asks for "help COMMAND".
func orHelp(args []string) []string {
	switch {
	case len(args) == 0:
		return []string{"--help"}
	case args[0] == "help":
		return append(slices.Clone(args[1:]), "--help")
	}
	return args
}

func options(t *terminal, status *int) []kong.Option {
	return []kong.Option{
		kong.Name("congvan"),
		kong.Description("Cổng trao đổi công văn edXML / a gateway for official correspondence."),
		kong.Writers(t.out, t.err),
		kong.Exit(func(code int) { *status = max(*status, code) }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true}),
	}
}

// globals are the flags of every command.
type globals struct {
	Config string `help:"Tệp cấu hình / configuration file." placeholder:"FILE" env:"CONGVAN_CONFIG" default:"congvan.toml"`
	JSON   bool   `name:"json" help:"In JSON ra đầu ra chuẩn / print JSON."`
}

// cli is the command line.
type cli struct {
	globals

	Serve       serveCommand       `cmd:"" help:"Chạy cổng / run the gateway."`
	Demo        demoCommand        `cmd:"" help:"Xem văn bản đi lại trên máy này / see letters travel on this machine."`
	Check       checkCommand       `cmd:"" help:"Kiểm tra tệp edXML / check edXML files."`
	Verify      verifyCommand      `cmd:"" help:"Xác thực chữ ký số của tệp PDF, XML / verify the signatures of PDF and XML files."`
	Sign        signCommand        `cmd:"" help:"Ký số tệp PDF, gói tin edXML / sign PDF files and edXML letters."`
	Timestamp   timestampCommand   `cmd:"" help:"Đóng dấu thời gian, gia hạn chữ ký / time-stamp and renew signatures."`
	Trust       trustCommand       `cmd:"" help:"Danh sách chứng thư tin cậy / the list of certificates that are believed."`
	Send        sendCommand        `cmd:"" help:"Gửi văn bản / send a letter."`
	Inbox       inboxCommand       `cmd:"" help:"Liệt kê văn bản chờ nhận / list what waits."`
	Get         getCommand         `cmd:"" help:"Tải một văn bản / fetch a letter."`
	Ack         ackCommand         `cmd:"" help:"Xác nhận đã nhận / acknowledge."`
	Status      statusCommand      `cmd:"" help:"Báo trạng thái xử lý 01…16 / report a business status."`
	Recall      recallCommand      `cmd:"" help:"Thu hồi văn bản đã gửi / recall a letter."`
	Timeline    timelineCommand    `cmd:"" help:"Hành trình của một văn bản / what happened to a letter."`
	Receipt     receiptCommand     `cmd:"" help:"Biên nhận / receipts."`
	Agency      agencyCommand      `cmd:"" help:"Danh bạ / the directory."`
	Key         keyCommand         `cmd:"" help:"Khóa kết nối của các hệ thống / systems' credentials."`
	CheckConfig checkConfigCommand `cmd:"" help:"Kiểm tra tệp cấu hình / check the configuration."`
	Doctor      doctorCommand      `cmd:"" help:"Khám cả hệ thống / examine the installation."`
	Bench       benchCommand       `cmd:"" help:"Đo tốc độ trên máy này / measure this machine."`
	Version     versionCommand     `cmd:"" help:"Phiên bản / version."`
}

// exitStatus ends the program with a status when all that had to be said was said.
type exitStatus int

func (e exitStatus) Error() string { return "exit status" }

// status turns a command's error into the exit status, and says what went wrong.
func (t *terminal) status(err error) int {
	var quiet exitStatus
	switch {
	case err == nil:
		return 0
	case errors.As(err, &quiet):
		return int(quiet)
	}
	return t.fail(err)
}
