package gateway

import "time"

// Overview is what is on its way through the gateway at one moment, for those
// who watch over it.
type Overview struct {
	At         time.Time       `json:"at"`
	Deliveries []DeliveryCount `json:"deliveries"` // in inboxes, in carriers' queues, and stuck
	Unarchived int             `json:"unarchived"` // accepted messages whose archive record is not yet stored
	LastEvent  time.Time       `json:"last_event,omitzero"`
}

// DeliveryCount is one line of an overview.
type DeliveryCount struct {
	State  DeliveryState `json:"state"`
	Route  string        `json:"route"`
	Cause  string        `json:"cause,omitempty"`
	Count  int           `json:"count"`
	Oldest time.Time     `json:"oldest"` // when the oldest of them was queued
}
