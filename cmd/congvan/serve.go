package main

import (
	"context"
	"errors"
	"net/http"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"congvan/cmd/congvan/server"
	"congvan/gateway"
	"congvan/gateway/config"
	"congvan/gateway/telemetry"
)

// serveCommand runs the gateway until it is told to stop.
type serveCommand struct {
	Listen string `help:"Địa chỉ nghe, thay cho cấu hình / address, instead of the configured one." placeholder:"HOST:PORT"`
}

// Run serves until SIGINT or SIGTERM, then lets requests under way finish.
func (c *serveCommand) Run(ctx context.Context, t *terminal, g *globals) error {
	conf, err := config.Load(g.Config)
	if err != nil {
		return err
	}
	if c.Listen != "" {
		conf.Listen.Address = c.Listen
	}
	log, err := telemetry.NewLog(t.err, conf.Log.Level, conf.Log.Format)
	if err != nil {
		return err
	}
	limitMemory(conf.Gateway.Memory)
	a, err := openApp(ctx, conf, log)
	if err != nil {
		return err
	}
	defer a.Close()
	p, err := a.listen(ctx)
	if err != nil {
		return err
	}
	t.note("đang phục vụ tại / serving at %s", p.server.URL())
	return p.run(ctx)
}

// collectorPercent lets the heap grow to three times what lives in it: little does, so
// that collecting less often costs some megabytes and saves a tenth of the work.
const collectorPercent = 200

// limitMemory makes the garbage collector work harder before the heap passes the
// configured size; GOMEMLIMIT and GOGC in the environment win.
func limitMemory(size config.Size) {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(int64(size))
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(collectorPercent)
	}
}

// process is a gateway that serves.
type process struct {
	app      *app
	server   *server.Server
	workers  []func(context.Context) error
	stopping context.CancelFunc // ends long polls
}

// listen opens the server's sockets and makes the workers.
func (a *app) listen(ctx context.Context) (*process, error) {
	stopping, stop := context.WithCancel(context.WithoutCancel(ctx))
	p := &process{app: a, stopping: stop}
	if err := p.open(ctx, stopping); err != nil {
		stop()
		return nil, err
	}
	return p, nil
}

func (p *process) open(ctx, stopping context.Context) error {
	handler, err := p.app.handler(stopping)
	if err != nil {
		return err
	}
	if p.workers, err = p.app.workers(); err != nil {
		return err
	}
	var metrics http.Handler
	if p.app.config.Metrics.Enabled {
		p.app.metrics.Watch(p.app.store)
		metrics = p.app.metrics.Handler()
	}
	p.server, err = server.Listen(ctx, server.Options{
		Listen:         p.app.config.Listen,
		Handler:        handler,
		Ready:          p.app.gateway.Ready,
		Metrics:        metrics,
		MetricsAddress: p.app.config.Metrics.Address,
		Log:            p.app.log,
	})
	return err
}

// run serves until ctx ends. The workers outlive the server, so that what the last
// requests left is seen to.
func (p *process) run(ctx context.Context) error {
	p.tell(ctx, gateway.EventNodeStarted)
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	failed := make(chan error, len(p.workers))
	var running sync.WaitGroup
	serving, halt := context.WithCancel(ctx)
	defer halt()
	for _, work := range p.workers {
		running.Go(func() {
			if err := work(background); err != nil {
				failed <- err
				halt()
			}
		})
	}
	context.AfterFunc(serving, p.stopping)
	err := p.server.Run(serving)
	stop()
	running.Wait()
	close(failed)
	for e := range failed {
		err = errors.Join(err, e)
	}
	p.tell(context.WithoutCancel(ctx), gateway.EventNodeStopped)
	return err
}

const tellTimeout = 5 * time.Second

// tell writes an event about this process.
func (p *process) tell(ctx context.Context, kind gateway.EventKind) {
	ctx, cancel := context.WithTimeout(ctx, tellTimeout)
	defer cancel()
	e := gateway.Event{At: time.Now().UTC().Truncate(time.Microsecond), Kind: kind, Actor: p.app.node}
	if err := p.app.store.Append(ctx, e); err != nil {
		p.app.log.WarnContext(ctx, "event not written", "kind", kind, "err", err)
	}
}
