package signer

import "time"

// Vietnam is the time zone that official letters are dated in. It knows no summer time.
func Vietnam() *time.Location { return time.FixedZone("+07", 7*60*60) }

// Moment writes a moment for people, in Vietnam's time.
func Moment(t time.Time) string {
	return t.In(Vietnam()).Format("02/01/2006 15:04:05 -07:00")
}
