"""The invariants I1 to I18, each in one small checker; `docs/reliability.md` says where each of them is looked at."""
