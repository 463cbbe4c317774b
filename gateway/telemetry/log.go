// Package telemetry is what operators watch a gateway by: logs, metrics and the
// gauges behind them. It records numbers and names, never the words of a letter and
// never a secret.
package telemetry

import (
	"fmt"
	"io"
	"log/slog"
	"strings"
)

// NewLog makes the program's log. Level is debug, info, warn or error; format text or json.
func NewLog(w io.Writer, level, format string) (*slog.Logger, error) {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		return nil, fmt.Errorf("telemetry: %w", err)
	}
	o := &slog.HandlerOptions{Level: l, ReplaceAttr: hideSecrets}
	switch format {
	case "json":
		return slog.New(slog.NewJSONHandler(w, o)), nil
	case "text":
		return slog.New(slog.NewTextHandler(w, o)), nil
	}
	return nil, fmt.Errorf("telemetry: no log format %q", format)
}

// secretNames are attributes that no caller should log; should one, the value is not written.
var secretNames = []string{"authorization", "password", "secret", "dsn", "api_key", "proof"}

func hideSecrets(_ []string, a slog.Attr) slog.Attr {
	name := strings.ToLower(a.Key)
	for _, s := range secretNames {
		if strings.Contains(name, s) {
			return slog.String(a.Key, "***")
		}
	}
	return a
}
