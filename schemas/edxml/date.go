package edxml

import (
	"fmt"
	"time"
)

const (
	dateLayout      = "2006/01/02"
	timestampLayout = "2006/01/02 15:04:05"
)

// Time gives the start of the day in Vietnam. Besides yyyy/MM/dd it reads
// yyyy-MM-dd and dd/MM/yyyy, with or without leading zeros.
func (d Date) Time() (time.Time, error) {
	return parseTime(string(d), "2006/1/2", "2006-1-2", "2/1/2006", "2-1-2006")
}

// Time gives the moment, in Vietnam's zone. It reads the forms of Date with a time
// of day (HH:mm or HH:mm:ss), a date alone, and RFC 3339 with its own zone.
func (t Timestamp) Time() (time.Time, error) {
	return parseTime(string(t),
		"2006/1/2 15:04:05", "2006-1-2 15:04:05", "2/1/2006 15:04:05", "2-1-2006 15:04:05",
		"2006-1-2T15:04:05", time.RFC3339,
		"2006/1/2 15:04", "2006-1-2 15:04", "2/1/2006 15:04",
		"2006/1/2", "2006-1-2", "2/1/2006")
}

func parseTime(text string, layouts ...string) (time.Time, error) {
	for _, l := range layouts {
		if t, err := time.ParseInLocation(l, text, VietnamZone); err == nil {
			return t.In(VietnamZone), nil
		}
	}
	return time.Time{}, fmt.Errorf("edxml: read date %.40q: %w", text, ErrMalformed)
}

// FormatDate gives the day in Vietnam as yyyy/MM/dd.
func FormatDate(t time.Time) Date { return Date(t.In(VietnamZone).Format(dateLayout)) }

// FormatTimestamp gives the moment as yyyy/MM/dd HH:mm:ss in Vietnam local time.
func FormatTimestamp(t time.Time) Timestamp {
	return Timestamp(t.In(VietnamZone).Format(timestampLayout))
}

// standard says whether the date is written as the standard has it.
func (d Date) standard() bool {
	_, err := time.Parse(dateLayout, string(d))
	return err == nil
}

func (t Timestamp) standard() bool {
	_, err := time.Parse(timestampLayout, string(t))
	return err == nil
}
