package syntax

import "container/list"

// lru keeps the most recently used values up to a cost, so that memory stays flat
// whatever the size of the file.
type lru[K comparable, V any] struct {
	room  int        // left
	order *list.List // front: used last
	items map[K]*list.Element
}

type lruItem[K comparable, V any] struct {
	key   K
	value V
	cost  int
}

func newLRU[K comparable, V any](room int) *lru[K, V] {
	return &lru[K, V]{room: room, order: list.New(), items: map[K]*list.Element{}}
}

func (c *lru[K, V]) get(key K) (value V, ok bool) {
	e, ok := c.items[key]
	if !ok {
		return value, false
	}
	c.order.MoveToFront(e)
	return e.Value.(*lruItem[K, V]).value, true
}

// put adds a value. One that costs more than there is room for stays alone until the
// next comes, for it will be asked for again at once.
func (c *lru[K, V]) put(key K, value V, cost int) {
	if _, twice := c.items[key]; twice {
		return
	}
	c.room -= cost
	c.items[key] = c.order.PushFront(&lruItem[K, V]{key, value, cost})
	for c.room < 0 && c.order.Len() > 1 {
		c.drop(c.order.Back())
	}
}

func (c *lru[K, V]) drop(e *list.Element) {
	item := c.order.Remove(e).(*lruItem[K, V])
	delete(c.items, item.key)
	c.room += item.cost
}

func (c *lru[K, V]) clear() {
	for e := c.order.Back(); e != nil; e = c.order.Back() {
		c.drop(e)
	}
}
