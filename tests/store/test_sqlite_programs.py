"""What SQLite does for each row of a large statement, as it says itself."""

from pathlib import Path

import apsw

from onhand.store import open_store
from onhand.store.statements import load_script, load_statements

BUILDS_A_TABLE = "OpenEphemeral"


def test_no_trigger_of_a_movement_builds_a_table_of_its_own(tmp_path: Path) -> None:
    address = str(tmp_path / "onhand.db")
    open_store(address).close()
    database = apsw.Connection(address)
    database.execute(load_script("sqlite", "scratch.sql"))
    named = load_statements("sqlite")
    programs: dict[str, list[str]] = {}
    steps: list[str] = []
    for row in database.execute(f"EXPLAIN {named['append_movement'].text}"):
        opcode, comment = row[1], row[5]
        if opcode == "Init":
            steps = programs.setdefault(comment or "the statement", [])
        steps.append(opcode)
    database.close()
    assert "-- TRIGGER movement_is_booked" in programs
    del programs["the statement"]
    assert [name for name, steps in programs.items() if BUILDS_A_TABLE in steps] == []
