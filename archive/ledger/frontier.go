package ledger

import (
	"slices"

	"golang.org/x/mod/sumdb/tlog"
)

// node is a complete subtree of 2^Height leaves.
type node struct {
	Hash   tlog.Hash `json:"hash"`
	Height int       `json:"height"`
}

// frontier is a growing Merkle tree reduced to the complete subtrees it consists of, the
// largest first: all that is needed to go on and to know the root.
type frontier []node

// push adds the next subtree. grown is called for every larger one that it completes.
func (f *frontier) push(n node, grown func(node)) {
	for len(*f) > 0 && (*f)[len(*f)-1].Height == n.Height {
		left := (*f)[len(*f)-1]
		*f = (*f)[:len(*f)-1]
		n = node{tlog.NodeHash(left.Hash, n.Hash), n.Height + 1}
		grown(n)
	}
	*f = append(*f, n)
}

// root is that of RFC 6962, section 2.1.
func (f frontier) root() tlog.Hash {
	if len(f) == 0 {
		return emptyRoot()
	}
	root := f[len(f)-1].Hash
	for _, n := range slices.Backward(f[:len(f)-1]) {
		root = tlog.NodeHash(n.Hash, root)
	}
	return root
}

// with is the frontier with leaves added; f stays as it is.
func (f frontier) with(leaves []tlog.Hash) frontier {
	more := slices.Clone(f)
	for _, h := range leaves {
		more.push(node{Hash: h}, func(node) {})
	}
	return more
}

// rootOf is the root over some leaves alone.
func rootOf(leaves []tlog.Hash) tlog.Hash { return frontier(nil).with(leaves).root() }
