package gateway

import (
	"context"
	"time"
)

// History is everything that happened to a letter: its events, its deliveries and
// the messages that relate to it.
type History struct {
	Message    Message    `json:"message"`
	Deliveries []Delivery `json:"deliveries"`
	Attempts   []Attempt  `json:"attempts,omitempty"`
	Events     []Event    `json:"events"`
}

// Timeline tells what happened to a message. A sender and an operator see all of it, a
// receiver what concerns its own deliveries. ErrNotFound for anybody else.
func (g *Gateway) Timeline(ctx context.Context, p Principal, id MessageID) (*History, error) {
	panic("TODO")
}

// MessageOf finds the newest message of a letter that the principal may see by its issuer and
// DocumentId. ErrNotFound.
func (g *Gateway) MessageOf(ctx context.Context, p Principal, from AgencyID, documentID string) (*Message, error) {
	panic("TODO")
}

// Receipts lists the receipts of a message that the principal sent: of its submission and,
// made on first request from the events, of each opening, delivery and refusal so far.
func (g *Gateway) Receipts(ctx context.Context, p Principal, id MessageID) ([]Receipt, error) {
	panic("TODO")
}

// Feed reads the events that concern the principal's agencies (an operator: all events)
// after a cursor. When there are none it waits up to wait (at most 60 s) for the first.
func (g *Gateway) Feed(ctx context.Context, p Principal, after Cursor, limit int, wait time.Duration) (Feed, error) {
	panic("TODO")
}
