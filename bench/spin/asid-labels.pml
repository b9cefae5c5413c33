/* SPDX-License-Identifier: GPL-2.0-only
 * The arm64 ASID allocator with pinning, one label of kernel-tla's asidalloc.tla a d_step, for breadth-first search and plain counts.
 * Same steps as packages/arm64-asid/src/kernel-tla-*.ts where NPIN=0 and TTU=1.
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


/* explicit-pc form: every PlusCal label is one d_step, so no atomic-sequence intermediates are stored (matters for BFS) */
#if NPIN>0
#define PINNED(q) (pinned[q] > 0)
#define PMAP pinned_map
#else
#define PINNED(q) 0
#define PMAP 0
#endif

proctype sched(byte c) {
	byte pc, t, a, newasid, g, i; bit ret;   /* newasid doubles as old_active_asid before the lock is taken */
	do
#if NT>=1
	:: d_step { pc == 0 && OK(1) -> t = 1; insched[c] = 0; pc = 1;
#if FRESH
		if :: t == nfresh -> nfresh++ :: else fi
#endif
		}
#endif
#if NT>=2
	:: d_step { pc == 0 && OK(2) -> t = 2; insched[c] = 0; pc = 1;
#if FRESH
		if :: t == nfresh -> nfresh++ :: else fi
#endif
		}
#endif
#if NT>=3
	:: d_step { pc == 0 && OK(3) -> t = 3; insched[c] = 0; pc = 1;
#if FRESH
		if :: t == nfresh -> nfresh++ :: else fi
#endif
		}
#endif
#if NT>=4
	:: d_step { pc == 0 && OK(4) -> t = 4; insched[c] = 0; pc = 1;
#if FRESH
		if :: t == nfresh -> nfresh++ :: else fi
#endif
		}
#endif
#if NT>=5
	:: d_step { pc == 0 && OK(5) -> t = 5; insched[c] = 0; pc = 1;
#if FRESH
		if :: t == nfresh -> nfresh++ :: else fi
#endif
		}
#endif
#if NT>=6
	:: d_step { pc == 0 && OK(6) -> t = 6; insched[c] = 0; pc = 1;
#if FRESH
		if :: t == nfresh -> nfresh++ :: else fi
#endif
		}
#endif
	:: d_step { pc == 1 ->
#if CNP
		mm_task[c] = 0;
#endif
		a = mm_id[t]; newasid = active_asids[c]; pc = 2 }
	:: d_step { pc == 2 -> if :: newasid != 0 && GEN(a) == gen -> pc = 3 :: else -> newasid = 0; a = 0; pc = 5 fi }
	:: d_step { pc == 3 -> if :: active_asids[c] == newasid -> active_asids[c] = a :: else -> newasid = active_asids[c] fi; pc = 4 }
	:: d_step { pc == 4 -> if :: newasid != 0 -> newasid = 0; pc = 9 :: else -> a = 0; pc = 5 fi }
	:: d_step { pc == 5 && !lock -> lock = 1; a = mm_id[t]; if :: GEN(a) == gen -> pc = 7 :: else -> pc = 20 fi }
	:: d_step { pc == 20 -> a = mm_id[t]; g = gen; 
		if
		:: a == 0 -> pc = 26
		:: a != 0 && !FIXED && PINNED(t) -> newasid = MK(AS(a), g); pc = 34
		:: else -> newasid = MK(AS(a), g); pc = 21
		fi }
	:: d_step { pc == 21 -> ret = 0; i = 0; pc = 22 }
	:: d_step { pc == 22 && i < NCPU -> if :: reserved[i] == a -> ret = 1; reserved[i] = newasid :: else fi; i++ }
	:: d_step { pc == 22 && i >= NCPU -> i = 0; pc = 23 }
	:: d_step { pc == 23 -> if :: ret || PINNED(t) -> ret = 0; a = newasid; pc = 6 :: else -> pc = 24 fi }
	:: d_step { pc == 24 -> if :: ((asid_map >> AS(a)) & 1) -> pc = 26 :: else -> asid_map = asid_map | (1 << AS(a)); pc = 25 fi }
	:: d_step { pc == 25 -> a = newasid; pc = 6 }
	:: d_step { pc == 26 -> find_slot(x, cur_idx); if :: x -> a = x; pc = 33 :: else -> pc = 27 fi; x = 0 }
	:: d_step { pc == 27 && gen < NG -> gen++; g = gen; pc = 28 }
	:: d_step { pc == 28 -> asid_map = PMAP; i = 0; pc = 29 }
	:: d_step { pc == 29 && i < NCPU -> a = active_asids[i]; active_asids[i] = 0; pc = 30 }
	:: d_step { pc == 29 && i >= NCPU -> i = 0; for (x : 0 .. NCPU-1) { pend[x] = 1 }; x = 0; pc = 31 }
	:: d_step { pc == 30 -> if :: a == 0 -> a = reserved[i] :: else fi;
		asid_map = asid_map | (1 << AS(a)); reserved[i] = a; i++; pc = 29 }
	:: d_step { pc == 31 -> find_slot(x, 1); assert(x); a = x; x = 0; pc = 33 }
	:: d_step { pc == 33 -> asid_map = asid_map | (1 << AS(a)); cur_idx = AS(a); a = MK(AS(a), g); pc = 6 }
	:: d_step { pc == 34 -> a = newasid; pc = 6 }
	:: d_step { pc == 6 -> mm_id[t] = a; newasid = 0; g = 0; chk_dev(); chk_pte(); x = 0; y = 0; pc = 7 }
	:: d_step { pc == 7 ->
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
		fi; pc = 8 }
	:: d_step { pc == 8 -> active_asids[c] = a; lock = 0; pc = 9 }
	:: d_step { pc == 9 ->
		mm_task[c] = t; mm_asid[c] = AS(a);
		if :: MAPPED(t) -> TLB(c,t) = TLB(c,t) | (1 << AS(mm_id[t])) :: else fi;
		insched[c] = 1;
		chk_tlb(c); chk_active(c); chk_pte(); x = 0; y = 0; z = 0;
		t = 0; a = 0; pc = 0 }
	od
}

#if NPIN>0
proctype dev() {
	byte pc, t, a, newasid, g, i; bit ret;
	do
#if NPIN>=1
	:: d_step { pc == 0 && DEVOK && pinned[1] < MAXREF -> t = 1; pc = 1 }
	:: d_step { pc == 0 && DEVOK && pinned[1] > 0 -> t = 1; pc = 10 }
#endif
#if NPIN>=2
	:: d_step { pc == 0 && DEVOK && pinned[2] < MAXREF -> t = 2; pc = 1 }
	:: d_step { pc == 0 && DEVOK && pinned[2] > 0 -> t = 2; pc = 10 }
#endif
#if NPIN>=3
	:: d_step { pc == 0 && DEVOK && pinned[3] < MAXREF -> t = 3; pc = 1 }
	:: d_step { pc == 0 && DEVOK && pinned[3] > 0 -> t = 3; pc = 10 }
#endif
#if NPIN>=4
	:: d_step { pc == 0 && DEVOK && pinned[4] < MAXREF -> t = 4; pc = 1 }
	:: d_step { pc == 0 && DEVOK && pinned[4] > 0 -> t = 4; pc = 10 }
#endif
#if NPIN>=5
	:: d_step { pc == 0 && DEVOK && pinned[5] < MAXREF -> t = 5; pc = 1 }
	:: d_step { pc == 0 && DEVOK && pinned[5] > 0 -> t = 5; pc = 10 }
#endif
#if NPIN>=6
	:: d_step { pc == 0 && DEVOK && pinned[6] < MAXREF -> t = 6; pc = 1 }
	:: d_step { pc == 0 && DEVOK && pinned[6] > 0 -> t = 6; pc = 10 }
#endif
	:: d_step { pc == 1 && !lock -> lock = 1; a = mm_id[t];
		if
		:: pinned[t] > 0 -> pinned[t]++; pc = 4
		:: pinned[t] == 0 && nr_pinned >= MAXPINNED -> pc = 4
		:: pinned[t] == 0 && nr_pinned < MAXPINNED && GEN(a) == gen -> pc = 3
		:: else -> pc = 20
		fi }
	:: d_step { pc == 20 -> a = mm_id[t]; g = gen; 
		if
		:: a == 0 -> pc = 26
		:: a != 0 && !FIXED && PINNED(t) -> newasid = MK(AS(a), g); pc = 34
		:: else -> newasid = MK(AS(a), g); pc = 21
		fi }
	:: d_step { pc == 21 -> ret = 0; i = 0; pc = 22 }
	:: d_step { pc == 22 && i < NCPU -> if :: reserved[i] == a -> ret = 1; reserved[i] = newasid :: else fi; i++ }
	:: d_step { pc == 22 && i >= NCPU -> i = 0; pc = 23 }
	:: d_step { pc == 23 -> if :: ret || PINNED(t) -> ret = 0; a = newasid; pc = 2 :: else -> pc = 24 fi }
	:: d_step { pc == 24 -> if :: ((asid_map >> AS(a)) & 1) -> pc = 26 :: else -> asid_map = asid_map | (1 << AS(a)); pc = 25 fi }
	:: d_step { pc == 25 -> a = newasid; pc = 2 }
	:: d_step { pc == 26 -> find_slot(x, cur_idx); if :: x -> a = x; pc = 33 :: else -> pc = 27 fi; x = 0 }
	:: d_step { pc == 27 && gen < NG -> gen++; g = gen; pc = 28 }
	:: d_step { pc == 28 -> asid_map = PMAP; i = 0; pc = 29 }
	:: d_step { pc == 29 && i < NCPU -> a = active_asids[i]; active_asids[i] = 0; pc = 30 }
	:: d_step { pc == 29 && i >= NCPU -> i = 0; for (x : 0 .. NCPU-1) { pend[x] = 1 }; x = 0; pc = 31 }
	:: d_step { pc == 30 -> if :: a == 0 -> a = reserved[i] :: else fi;
		asid_map = asid_map | (1 << AS(a)); reserved[i] = a; i++; pc = 29 }
	:: d_step { pc == 31 -> find_slot(x, 1); assert(x); a = x; x = 0; pc = 33 }
	:: d_step { pc == 33 -> asid_map = asid_map | (1 << AS(a)); cur_idx = AS(a); a = MK(AS(a), g); pc = 2 }
	:: d_step { pc == 34 -> a = newasid; pc = 2 }
	:: d_step { pc == 2 -> mm_id[t] = a; newasid = 0; g = 0; chk_dev(); chk_pte(); x = 0; y = 0; pc = 3 }
	:: d_step { pc == 3 -> nr_pinned++; pinned_map = pinned_map | (1 << AS(a)); pinned[t]++; dev_asid[t] = AS(a);
		chk_dev(); x = 0; y = 0; pc = 4 }
	:: d_step { pc == 4 -> lock = 0; t = 0; a = 0; pc = 0 }
	:: d_step { pc == 10 -> a = mm_id[t]; if :: pinned[t] == 1 -> dev_asid[t] = 0 :: else fi; pc = 11 }
	:: d_step { pc == 11 && !lock -> pinned[t]--;
		if :: pinned[t] == 0 -> pinned_map = pinned_map & ~(1 << AS(a)); nr_pinned-- :: else fi;
		t = 0; a = 0; pc = 0 }
	od
}
#endif

#if TTU
proctype ttu() {
	byte pc, t, a;
	do
#if NT>=1
	:: d_step { pc == 0 -> t = 1; pc = 1 }
#endif
#if NT>=2
	:: d_step { pc == 0 -> t = 2; pc = 1 }
#endif
#if NT>=3
	:: d_step { pc == 0 -> t = 3; pc = 1 }
#endif
#if NT>=4
	:: d_step { pc == 0 -> t = 4; pc = 1 }
#endif
#if NT>=5
	:: d_step { pc == 0 -> t = 5; pc = 1 }
#endif
#if NT>=6
	:: d_step { pc == 0 -> t = 6; pc = 1 }
#endif
	:: d_step { pc == 1 -> pte[t] = 1; pc = 2 }
	:: d_step { pc == 2 -> a = AS(mm_id[t]); pc = 3 }
	:: d_step { pc == 3 -> for (x : 0 .. NCPU-1) { for (y : 1 .. NT) { TLB(x,y) = TLB(x,y) & ~(1 << a) } }; x = 0; y = 0; pc = 4 }
	:: d_step { pc == 4 -> pte[t] = 2; t = 0; a = 0; chk_pte(); x = 0; y = 0; pc = 0 }
	od
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
