/* SPDX-License-Identifier: MIT */
/*
 * The measure for bench/run.ts: an augmented red-black interval tree in plain C, nodes with pointers in one array.
 * Written for this program after the usual textbook cases; only its speed and its answers matter.
 *
 * Reads from standard input, little-endian u64: count, number of rounds, then start and last of every interval, then
 * start and last of every query, then the order of removal (an index each). Prints one line a round:
 *     insert_ns query_ns remove_ns matches sum_of_matching_ids
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum side { LEFT, RIGHT };

struct node {
	struct node *child[2];
	struct node *parent;
	uint64_t start, last, subtree_last;
	int black;
};

static struct node *root;

static int black(const struct node *n)
{
	return !n || n->black;
}

static int refresh(struct node *n)
{
	uint64_t max = n->last;

	for (int side = LEFT; side <= RIGHT; side++)
		if (n->child[side] && n->child[side]->subtree_last > max)
			max = n->child[side]->subtree_last;
	if (n->subtree_last == max)
		return 0;
	n->subtree_last = max;
	return 1;
}

static void refresh_up(struct node *n)
{
	while (n && refresh(n))
		n = n->parent;
}

static void replace(struct node *old, struct node *by)
{
	struct node *parent = old->parent;

	if (!parent)
		root = by;
	else
		parent->child[parent->child[RIGHT] == old] = by;
	if (by)
		by->parent = parent;
}

static void rotate(struct node *n, int side)
{
	struct node *riser = n->child[!side], *inner = riser->child[side];

	n->child[!side] = inner;
	if (inner)
		inner->parent = n;
	replace(n, riser);
	riser->child[side] = n;
	n->parent = riser;
	riser->subtree_last = n->subtree_last;
	refresh(n);
}

static void insert(struct node *n)
{
	struct node **link = &root, *parent = NULL, *grand, *uncle;
	int side;

	while (*link) {
		parent = *link;
		if (parent->subtree_last < n->last)
			parent->subtree_last = n->last;
		link = &parent->child[n->start >= parent->start];
	}
	n->child[LEFT] = n->child[RIGHT] = NULL;
	n->parent = parent;
	n->subtree_last = n->last;
	n->black = 0;
	*link = n;
	while ((parent = n->parent) && !parent->black) {
		grand = parent->parent;
		side = grand->child[RIGHT] == parent;
		uncle = grand->child[!side];
		if (!black(uncle)) {
			uncle->black = parent->black = 1;
			grand->black = 0;
			n = grand;
			continue;
		}
		if (parent->child[!side] == n) {
			rotate(parent, side);
			parent = n;
		}
		rotate(grand, !side);
		parent->black = 1;
		grand->black = 0;
		return;
	}
	if (!parent)
		n->black = 1;
}

static void repair(struct node *n, struct node *parent)
{
	while (parent && black(n)) {
		int side = parent->child[RIGHT] == n;
		struct node *sibling = parent->child[!side];

		if (!sibling->black) {
			sibling->black = 1;
			parent->black = 0;
			rotate(parent, side);
			sibling = parent->child[!side];
		}
		if (black(sibling->child[LEFT]) && black(sibling->child[RIGHT])) {
			sibling->black = 0;
			n = parent;
			parent = n->parent;
			continue;
		}
		if (black(sibling->child[!side])) {
			sibling->child[side]->black = 1;
			sibling->black = 0;
			rotate(sibling, !side);
			sibling = parent->child[!side];
		}
		sibling->black = parent->black;
		parent->black = sibling->child[!side]->black = 1;
		rotate(parent, side);
		return;
	}
	if (n)
		n->black = 1;
}

static void erase(struct node *n)
{
	struct node *child, *parent = n->parent;
	int was_black = n->black;

	if (!n->child[LEFT] || !n->child[RIGHT]) {
		child = n->child[n->child[LEFT] == NULL];
		replace(n, child);
		refresh_up(parent);
	} else {
		struct node *next = n->child[RIGHT];

		while (next->child[LEFT])
			next = next->child[LEFT];
		was_black = next->black;
		child = next->child[RIGHT];
		parent = next->parent;
		if (parent == n) {
			parent = next;
		} else {
			replace(next, child);
			next->child[RIGHT] = n->child[RIGHT];
			next->child[RIGHT]->parent = next;
		}
		replace(n, next);
		next->child[LEFT] = n->child[LEFT];
		next->child[LEFT]->parent = next;
		next->black = n->black;
		next->subtree_last = n->subtree_last;
		for (struct node *up = parent; up != next && refresh(up); up = up->parent)
			;
		refresh_up(next);
	}
	if (was_black)
		repair(child, parent);
}

static struct node *search(struct node *n, uint64_t start, uint64_t last)
{
	for (;;) {
		struct node *left = n->child[LEFT];

		if (left && left->subtree_last >= start) {
			n = left;
			continue;
		}
		if (n->start > last)
			return NULL;
		if (n->last >= start)
			return n;
		n = n->child[RIGHT];
	}
}

static struct node *first(uint64_t start, uint64_t last)
{
	return root && root->subtree_last >= start ? search(root, start, last) : NULL;
}

static struct node *next(struct node *n, uint64_t start, uint64_t last)
{
	for (;;) {
		struct node *right = n->child[RIGHT], *from;

		if (right && right->subtree_last >= start)
			return search(right, start, last);
		do {
			from = n;
			n = n->parent;
			if (!n)
				return NULL;
		} while (n->child[RIGHT] == from);
		if (n->start > last)
			return NULL;
		if (n->last >= start)
			return n;
	}
}

static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static uint64_t *read_words(size_t count)
{
	uint64_t *words = malloc(count * sizeof(*words));

	if (!words || fread(words, sizeof(*words), count, stdin) != count) {
		fprintf(stderr, "interval-tree: expected %zu words on standard input\n", count);
		exit(2);
	}
	return words;
}

int main(void)
{
	uint64_t *head = read_words(2), count = head[0], rounds = head[1];
	uint64_t *intervals = read_words(2 * count), *queries = read_words(2 * count), *order = read_words(count);
	struct node *nodes = calloc(count, sizeof(*nodes));

	if (!nodes)
		return 2;
	while (rounds--) {
		uint64_t matches = 0, sum = 0, t0, t1, t2, t3;

		t0 = now();
		for (uint64_t i = 0; i < count; i++) {
			nodes[i].start = intervals[2 * i];
			nodes[i].last = intervals[2 * i + 1];
			insert(&nodes[i]);
		}
		t1 = now();
		for (uint64_t i = 0; i < count; i++) {
			uint64_t start = queries[2 * i], last = queries[2 * i + 1];

			for (struct node *n = first(start, last); n; n = next(n, start, last)) {
				matches++;
				sum += (uint64_t)(n - nodes);
			}
		}
		t2 = now();
		for (uint64_t i = 0; i < count; i++)
			erase(&nodes[order[i]]);
		t3 = now();
		printf("%llu %llu %llu %llu %llu\n", (unsigned long long)(t1 - t0), (unsigned long long)(t2 - t1),
		       (unsigned long long)(t3 - t2), (unsigned long long)matches, (unsigned long long)sum);
	}
	return 0;
}
