package main

import (
	"slices"
	"time"

	"congvan/gateway/config"
)

// checkConfigCommand reads the configuration as serve would.
type checkConfigCommand struct{}

// Run prints everything that is wrong with the file, and with what it names for
// signatures; exit status 2 when something is.
func (checkConfigCommand) Run(t *terminal, g *globals) error {
	c, err := config.Load(g.Config)
	if err != nil {
		return err
	}
	signatures := examineSigning(c.Signatures, time.Now())
	ok := !slices.ContainsFunc(signatures, func(d diagnosis) bool { return d.Level == levelProblem })
	for _, d := range signatures {
		if d.Level != levelOK {
			t.note("[signatures] %s %s: %s (%s)", d.Check, d.Level, d.Vi, d.En)
		}
	}
	err = t.print(map[string]any{"file": g.Config, "ok": ok, "self": c.Gateway.Self, "signatures": signatures}, func() {
		if ok {
			t.say("%s: đúng (ok), cơ quan %s", g.Config, c.Gateway.Self)
		}
	})
	if err == nil && !ok {
		return exitStatus(exitUsage)
	}
	return err
}
