package main

import "congvan/gateway/config"

// checkConfigCommand reads the configuration as serve would.
type checkConfigCommand struct{}

// Run prints everything that is wrong with the file; exit status 2 when something is.
func (checkConfigCommand) Run(t *terminal, g *globals) error {
	c, err := config.Load(g.Config)
	if err != nil {
		return err
	}
	return t.print(map[string]any{"file": g.Config, "ok": true, "self": c.Gateway.Self}, func() {
		t.say("%s: đúng (ok), cơ quan %s", g.Config, c.Gateway.Self)
	})
}
