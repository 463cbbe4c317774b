package changes

import (
	"slices"

	"congvan/signer/pdf/syntax"
)

// numbers says of each object number which revisions define it. Documents number their
// objects from 1 on, so most have a place in a list; that keeps 100,000 objects within a
// megabyte or two.
type numbers struct {
	count  int // of definitions in all revisions
	list   []number
	beyond map[int]*number // numbers behind the list
	again  map[int][]int   // of those defined more than once, the revisions, ascending
}

// number is what is known of an object number.
type number struct {
	id    id    // of the reference to it that was met first, 0 for none
	first int32 // the first revision that defines or frees it, counted from 1; 0 for none
}

// spareNumbers is how much longer the list of numbers is than what the revisions define.
const spareNumbers = 1024

func newNumbers(revisions []*syntax.Revision) numbers {
	count, highest := 0, 0
	for _, r := range revisions {
		for ref := range r.Changes() {
			count, highest = count+1, max(highest, ref.Number)
		}
	}
	n := numbers{
		count:  count,
		list:   make([]number, min(highest, 2*count)+spareNumbers),
		beyond: map[int]*number{},
		again:  map[int][]int{},
	}
	for i, r := range revisions {
		for ref := range r.Changes() {
			n.define(ref.Number, i)
		}
	}
	return n
}

// at gives the place of an object number.
func (n *numbers) at(of int) *number {
	if of < len(n.list) {
		return &n.list[of]
	}
	one := n.beyond[of]
	if one == nil {
		one = &number{}
		n.beyond[of] = one
	}
	return one
}

// define notes that revision i defines or frees a number.
func (n *numbers) define(of, i int) {
	one := n.at(of)
	if one.first == 0 {
		one.first = int32(i) + 1
		return
	}
	all := n.again[of]
	if len(all) == 0 {
		all = []int{int(one.first) - 1}
	}
	if all[len(all)-1] != i {
		n.again[of] = append(all, i)
	}
}

// definedBy gives the revision that defines a number as revision i shows it, or nowhere.
func (n *numbers) definedBy(of, i int) int {
	first := int(n.at(of).first) - 1
	if first < 0 || first > i {
		return nowhere
	}
	all := n.again[of]
	if len(all) == 0 {
		return first
	}
	at, found := slices.BinarySearch(all, i)
	if found {
		return i
	}
	return all[at-1]
}
