package text

import (
	"errors"
	"slices"
	"unicode/utf8"
)

// errFull ends the reading of a document of which enough has been taken.
var errFull = errors.New("text: enough text")

// harvest gathers the pages of one document in the child and sends each on as soon as
// it is read, so that a later death costs the later pages only.
type harvest struct {
	send  func(Page) error
	pages []Page // in order of their numbers
	room  int    // bytes that may still come
	full  bool   // something was left out
}

func newHarvest(send func(Page) error) *harvest { return &harvest{send: send, room: MaxText} }

// add takes the next page. It fails with errFull when no more is wanted.
func (h *harvest) add(number int, text string) error {
	if number > MaxPages {
		h.full = true
		return errFull
	}
	text = clean(text)
	if len(text) > h.room {
		text, h.full = cut(text, h.room), true
	}
	if text != "" {
		h.room -= len(text)
		h.pages = append(h.pages, Page{number, text})
		if err := h.send(h.pages[len(h.pages)-1]); err != nil {
			return err
		}
	}
	if h.full {
		return errFull
	}
	return nil
}

// replace puts a better reading, cleaned, in the place of a page's; false when it does not
// fit or cannot be sent.
func (h *harvest) replace(number int, text string) bool {
	i, old := h.index(number), len(h.text(number))
	if text == "" || len(text) > h.room+old {
		return false
	}
	h.room += old - len(text)
	page := Page{number, text}
	if old > 0 {
		h.pages[i] = page
	} else {
		h.pages = slices.Insert(h.pages, i, page)
	}
	return h.send(page) == nil
}

// text gives page number's text, empty when it has none.
func (h *harvest) text(number int) string {
	if i := h.index(number); i < len(h.pages) && h.pages[i].Number == number {
		return h.pages[i].Text
	}
	return ""
}

// index is where page number stands or would stand.
func (h *harvest) index(number int) int {
	i, _ := slices.BinarySearchFunc(h.pages, number, byNumber)
	return i
}

func byNumber(p Page, number int) int { return p.Number - number }

// cut shortens text to at most n bytes, whole characters only.
func cut(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}
