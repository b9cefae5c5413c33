/* SPDX-License-Identifier: GPL-2.0-only
 * The arm64 ASID allocator with pinning as a flow of control, so that partial order reduction has something to work on.
 * Asks what packages/arm64-asid/scenarios/pinning.ts asks.
 * params: NCPU NT NA(ASIDS incl. 0) NG CNP(0/1) NPIN(tasks 1..NPIN pinnable; 0 = no device) MAXREF MAXPINNED FIXED(0/1) TTU(0/1)
 * FRESH=1: only the lowest-numbered never-scheduled task may be scheduled first (manual partial symmetry breaking) */
#ifndef NCPU
#define NCPU 2
#endif
#ifndef NT
#define NT 5
#endif
#ifndef NA
#define NA 5
#endif
#ifndef NG
#define NG 3
#endif
#ifndef CNP
#define CNP 0
#endif
#ifndef NPIN
#define NPIN 1
#endif
#ifndef MAXREF
#define MAXREF 1
#endif
#ifndef MAXPINNED
#define MAXPINNED (NA-NCPU-2)
#endif
#ifndef FIXED
#define FIXED 1
#endif
#ifndef TTU
#define TTU 0
#endif
#ifndef FRESH
#define FRESH 0
#endif
#define MK(a,g)  ((a)|((g)<<4))
#define AS(x)    ((x)&15)
#define GEN(x)   ((x)>>4)

bit lock;
byte gen = 1;
byte asid_map, pinned_map;
byte active_asids[NCPU], reserved[NCPU];
bit  pend[NCPU];
byte cur_idx = 1;
byte mm_id[NT+1];
byte mm_task[NCPU], mm_asid[NCPU];       /* active_mm */
byte tlb[NCPU*(NT+1)];                   /* bitmask of ASIDs per (cpu,task) */
bit  insched[NCPU];                      /* ghost: pc = sched_loop */
#if NPIN>0
byte pinned[NT+1], dev_asid[NT+1];
byte nr_pinned;
#endif
#if TTU
byte pte[NT+1];                          /* 0 mapped 1 unmapped 2 inval */
#define MAPPED(t) (pte[t]==0)
#else
#define MAPPED(t) 1
#endif
#define TLB(c,t) tlb[(c)*(NT+1)+(t)]

byte x, y, z;

/* ---- invariants, checked in the step that can break them ---- */
inline chk_dev() {
#if NPIN>0
	for (x : 1 .. NT) {
		if
		:: dev_asid[x] ->
			assert(dev_asid[x] == AS(mm_id[x]));                    /* DevAsidStable */
			assert((pinned_map >> dev_asid[x]) & 1);                /* DevAsidMapped */
			assert(pinned[x] > 0);
			for (y : 1 .. NT) {
				if
				:: y != x ->
					assert(dev_asid[y] != dev_asid[x]);     /* DevAsidUnique */
					assert(!(GEN(mm_id[y]) == gen && AS(mm_id[y]) == dev_asid[x])) /* DevAsidExclusive */
				:: else
				fi
			}
		:: else
		fi
	}
#else
	skip
#endif
}
inline chk_pte() {
#if TTU
	for (x : 0 .. NCPU-1) {
		if
		:: mm_task[x] && pte[mm_task[x]] == 2 ->
			for (y : 0 .. NCPU-1) {
				assert(!((TLB(y,mm_task[x]) >> AS(mm_id[mm_task[x]])) & 1)) /* TLBEmptyInvalPTE */
			}
		:: else
		fi
	}
#else
	skip
#endif
}
inline chk_tlb(c) {      /* UniqueASIDPerCPU, UniqueASIDAllCPUs (CnP) */
#if CNP
	z = 0;
	for (x : 1 .. NT) {
		y = TLB(0,x) | TLB(1,x);
#if NCPU>2
		y = y | TLB(2,x);
#endif
		assert((y & (y-1)) == 0);       /* one ASID per task */
		assert((z & y) == 0);           /* no sharing between tasks */
		z = z | y
	}
#else
	z = 0;
	for (x : 1 .. NT) {
		assert((z & TLB(c,x)) == 0);
		z = z | TLB(c,x)
	}
#endif
}
inline chk_active(c) {
	for (x : 0 .. NCPU-1) {
		if
		:: x != c && mm_task[x] && mm_task[x] == mm_task[c] && insched[x] && insched[c] ->
			assert(mm_asid[x] == mm_asid[c])                        /* SameASIDActiveTask */
		:: else
		fi;
#if CNP
		if
		:: x != c && mm_task[x] && mm_task[c] && mm_task[x] != mm_task[c] ->
			assert(mm_asid[x] != mm_asid[c])                        /* UniqueASIDActiveTask */
		:: else
		fi
#endif
	}
}
inline find_slot(res, start) {           /* 0 if none */
	res = start;
	do
	:: res < NA && ((asid_map >> res) & 1) -> res++
	:: res >= NA -> res = 0; break
	:: else -> break
	od
}

#ifdef FIRSTSHOT  /* CPU 0 switches once, to task 1, before anybody else moves */
#define MAYSW (c == 0 -> mm_task[c] == 0 : mm_task[0] != 0)
#define MAYT(k) (c != 0 || k == 1)
#define DEVOK (mm_task[0] != 0)
#else
#define DEVOK 1
#define MAYT(k) 1
#endif
#ifdef FIRSTSHOT
#elif defined(ONESHOT)   /* CPU 0 context-switches at most once */
#define MAYSW (c != 0 || mm_task[c] == 0)
#else
#define MAYSW 1
#endif
#if FRESH
byte nfresh = NPIN+1;    /* lowest never-picked non-pinnable task */
#define OK(k) (MAYSW && MAYT(k) && mm_task[c] != k && k <= nfresh)
#else
#define OK(k) (MAYSW && MAYT(k) && mm_task[c] != k)
#endif

/* new_context(task) -> asid ; lock held.  Locals: a newasid g i ret */
#if NPIN>0
#define PINNED(t) (pinned[t] > 0)
#else
#define PINNED(t) 0
#endif
inline new_context(t) {
	atomic { a = mm_id[t]; g = gen;                                         /* new_context_ */
		if
		:: a == 0 -> goto nc_alloc
		:: a != 0 && !FIXED && PINNED(t) -> newasid = MK(AS(a), g); goto nc_v1
		:: else -> newasid = MK(AS(a), g)
		fi };
	atomic { ret = 0; i = 0 };                                              /* check_update_reserved_asid_ */
	do
	:: atomic { i < NCPU ->                                                 /* ..._for_each_cpu */
		if :: reserved[i] == a -> ret = 1; reserved[i] = newasid :: else fi; i++ }
	:: atomic { i >= NCPU -> i = 0; break }
	od;
	atomic {                                                                /* ret_from_check_update */
		if
		:: ret || PINNED(t) -> ret = 0; a = newasid; goto nc_done
		:: else
		fi };
	atomic {                                                                /* ret_from_..._end */
		if
		:: ((asid_map >> AS(a)) & 1) -> skip
		:: else -> asid_map = asid_map | (1 << AS(a)); goto nc_return
		fi };
nc_alloc:
	atomic { find_slot(x, cur_idx);                                         /* allocate_free_asid */
		if :: x -> a = x; x = 0; goto set_asid :: else -> x = 0 fi };
	atomic { gen < NG -> gen++; g = gen };                                  /* out_of_asids (GENERATIONS bound) */
#if NPIN>0
	atomic { asid_map = pinned_map; i = 0 };                                /* flush_context_ */
#else
	atomic { asid_map = 0; i = 0 };
#endif
	do
	:: atomic { i < NCPU -> a = active_asids[i]; active_asids[i] = 0 };     /* for_each_cpu */
	   atomic {                                                             /* asid0_check */
		if :: a == 0 -> a = reserved[i] :: else fi;
		asid_map = asid_map | (1 << AS(a)); reserved[i] = a; i++ }
	:: atomic { i >= NCPU -> i = 0; 
		for (x : 0 .. NCPU-1) { pend[x] = 1 }; x = 0; break }
	od;
	atomic { find_slot(x, 1); assert(x); a = x; x = 0 };                    /* ret_flush_context */
set_asid:
	atomic { asid_map = asid_map | (1 << AS(a)); cur_idx = AS(a); a = MK(AS(a), g); goto nc_done };
nc_return:
	atomic { a = newasid; goto nc_done };
nc_v1:
	atomic { a = newasid };
nc_done: skip
}

proctype sched(byte c) {
	byte t, a, old, newasid, g, i; bit ret;
sched_loop:
	atomic {
		if
		:: OK(1) -> t = 1
#if NT>=2
		:: OK(2) -> t = 2
#endif
#if NT>=3
		:: OK(3) -> t = 3
#endif
#if NT>=4
		:: OK(4) -> t = 4
#endif
#if NT>=5
		:: OK(5) -> t = 5
#endif
#if NT>=6
		:: OK(6) -> t = 6
#endif
		fi; insched[c] = 0;
#if FRESH
		if :: t == nfresh -> nfresh++ :: else fi
#endif
		};
	atomic {                                                                /* check_and_switch_context_ */
#if CNP
		mm_task[c] = 0;
#endif
		a = mm_id[t]; old = active_asids[c] };
	atomic {                                                                /* check_current_generation */
		if :: old != 0 && GEN(a) == gen -> skip :: else -> old = 0; goto slow_path fi };
	atomic {                                                                /* cmpxchg_active_asids */
		if :: active_asids[c] == old -> active_asids[c] = a :: else -> old = active_asids[c] fi };
	atomic {                                                                /* check_roll_over */
		if :: old != 0 -> old = 0; goto fast_path :: else fi };
slow_path:
	atomic { !lock -> lock = 1; a = mm_id[t];
		if :: GEN(a) == gen -> goto flush_pending :: else fi };
	new_context(t);
	atomic { mm_id[t] = a; newasid = 0; g = 0; chk_dev(); chk_pte(); x = 0; y = 0 };  /* ret_new_context */
flush_pending:
	atomic {                                                                /* tlb_flush_pending_ */
		if
		:: pend[c] -> pend[c] = 0;
#if CNP
			for (x : 0 .. NCPU-1) { for (y : 1 .. NT) {
				TLB(x,y) = (mm_task[x] == y -> 1 << mm_asid[x] : 0) } };
#else
			for (y : 1 .. NT) {
				if :: mm_task[c] != y -> TLB(c,y) = 0 :: else fi };
#endif
			x = 0; y = 0
		:: else
		fi };
	atomic { active_asids[c] = a; lock = 0 };                               /* set_active_asids */
fast_path:
	atomic {
		mm_task[c] = t; mm_asid[c] = AS(a);
		if :: MAPPED(t) -> TLB(c,t) = TLB(c,t) | (1 << AS(mm_id[t])) :: else fi;
		insched[c] = 1;
		chk_tlb(c); chk_active(c); chk_pte(); x = 0; y = 0; z = 0;
		t = 0; a = 0; goto sched_loop }
}

#if NPIN>0
proctype dev() {
	byte t, a, newasid, g, i; bit ret;
dev_loop:
	atomic {
		if
		:: t = 1
#if NPIN>=2
		:: t = 2
#endif
#if NPIN>=3
		:: t = 3
#endif
#if NPIN>=4
		:: t = 4
#endif
#if NPIN>=5
		:: t = 5
#endif
#if NPIN>=6
		:: t = 6
#endif
		fi;
		if
		:: pinned[t] < MAXREF -> skip
		:: pinned[t] > 0 -> goto put
		fi };
	atomic { !lock -> lock = 1; a = mm_id[t];                               /* mm_context_get */
		if
		:: pinned[t] > 0 -> pinned[t]++; goto get_unlock
		:: pinned[t] == 0 && nr_pinned >= MAXPINNED -> goto get_unlock
		:: pinned[t] == 0 && nr_pinned < MAXPINNED && GEN(a) == gen -> goto get_pin
		:: else
		fi };
	new_context(t);
	atomic { mm_id[t] = a; newasid = 0; g = 0; chk_dev(); chk_pte(); x = 0; y = 0 };
get_pin:
	atomic { nr_pinned++; pinned_map = pinned_map | (1 << AS(a)); pinned[t]++; dev_asid[t] = AS(a);
		chk_dev(); x = 0; y = 0 };
get_unlock:
	atomic { lock = 0; t = 0; a = 0; goto dev_loop };
put:
	atomic { a = mm_id[t]; if :: pinned[t] == 1 -> dev_asid[t] = 0 :: else fi };
	atomic { !lock -> pinned[t]--;
		if :: pinned[t] == 0 -> pinned_map = pinned_map & ~(1 << AS(a)); nr_pinned-- :: else fi;
		t = 0; a = 0; goto dev_loop }
}
#endif

#if TTU
proctype ttu() {
	byte t, a;
ttu_loop:
	atomic { if
		:: t = 1
#if NT>=2
		:: t = 2
#endif
#if NT>=3
		:: t = 3
#endif
#if NT>=4
		:: t = 4
#endif
#if NT>=5
		:: t = 5
#endif
#if NT>=6
		:: t = 6
#endif
		fi };
	atomic { pte[t] = 1 };
	atomic { a = AS(mm_id[t]) };
	atomic { for (x : 0 .. NCPU-1) { for (y : 1 .. NT) { TLB(x,y) = TLB(x,y) & ~(1 << a) } }; x = 0; y = 0 };
	atomic { pte[t] = 2; t = 0; a = 0; chk_pte(); x = 0; y = 0; goto ttu_loop }
}
#endif

init { atomic {
	byte k = 0;
	do :: k < NCPU -> insched[k] = 1; run sched(k); k++ :: else -> break od;
#if NPIN>0
	run dev();
#endif
#if TTU
	run ttu();
#endif
	k = 0
} }
