from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path

import pytest
from registry_processes import run_at_once
from registry_values import NOW

from mltui.errors import Conflict, Damaged, NotFound, Refused
from mltui.registry import Registry, events, meta, schema
from mltui.registry.changes import VERSION
from mltui.registry.search import Words


def test_a_registry_knows_its_workspace_and_project_when_it_is_opened_again(registry: Registry) -> None:
    with closing(Registry.open(registry.path)) as again:
        assert meta.workspace_uuid(again.read()) == "0b5e"
        assert meta.project(again.read()) == "tacos"


def test_creating_it_again_opens_the_one_that_is_there(registry: Registry) -> None:
    with closing(Registry.create(registry.path, workspace_uuid="other", project="tacos")) as again:
        assert meta.workspace_uuid(again.read()) == "0b5e"


def test_creating_it_for_another_project_is_a_conflict(registry: Registry) -> None:
    with pytest.raises(Conflict, match="tacos"):
        Registry.create(registry.path, workspace_uuid="other", project="loans")


def test_a_registry_that_is_not_there_is_not_made_by_opening_it(tmp_path: Path) -> None:
    with pytest.raises(NotFound) as refusal:
        Registry.open(tmp_path / "registry.db")
    assert "mltui init" in refusal.value.hint
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"no database at all, " * 100], ids=["empty", "text"])
def test_what_is_no_database_is_called_damaged(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "registry.db"
    path.write_bytes(content)
    with pytest.raises(Damaged) as refusal:
        Registry.open(path)
    assert "backup" in refusal.value.hint
    assert path.read_bytes() == content


def test_another_programs_database_is_called_damaged_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "registry.db"
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE theirs (a)")
    with pytest.raises(Damaged, match="no registry of mltui"):
        Registry.open(path)
    with closing(sqlite3.connect(path)) as other:
        assert other.execute("SELECT name FROM sqlite_schema").fetchall() == [("theirs",)]


def test_a_registry_whose_pages_are_overwritten_is_called_damaged(registry: Registry) -> None:
    registry.close()
    content = bytearray(registry.path.read_bytes())
    content[2000 : len(content)] = os.urandom(len(content) - 2000)
    registry.path.write_bytes(content)
    with pytest.raises(Damaged):
        Registry.open(registry.path)


def test_a_newer_schema_is_refused(registry: Registry) -> None:
    registry.read().execute(f"PRAGMA user_version = {VERSION + 1}")
    with pytest.raises(Refused) as refusal:
        Registry.open(registry.path)
    assert "upgrade" in refusal.value.hint


def _take_back_to_schema_1(registry: Registry) -> None:
    with registry.write() as tx:
        for table in schema.SEARCHED:
            for ending in ("ai", "ad", "au"):
                tx.execute(f"DROP TRIGGER {table}_{ending}")
            tx.execute(f"DROP TABLE {table}_fts")
        tx.execute("DELETE FROM _sqlite_migrations WHERE name = 'search'")
        tx.execute("PRAGMA user_version = 1")


def test_an_older_schema_is_migrated_with_all_that_it_holds(registry: Registry) -> None:
    triggers_wanted = _names(registry, "trigger")
    _take_back_to_schema_1(registry)
    with registry.write() as tx:
        events.append(tx, "WorkspaceCreated", "tacos", {"project": "tacos"}, actor="ann", at=NOW)
    with closing(Registry.open(registry.path)) as migrated:
        assert [event.kind for event in events.browse(migrated.read(), words=Words(("tacos",)))] == ["WorkspaceCreated"]
        assert migrated.read().execute("PRAGMA user_version").fetchone() == (VERSION,)
        assert _names(migrated, "trigger") == triggers_wanted
        assert not events.verify(migrated.read()).problem


def test_many_processes_may_migrate_at_once(registry: Registry) -> None:
    _take_back_to_schema_1(registry)
    registry.close()
    program = "print(meta.project(Registry.open(Path(sys.argv[1])).read()))"
    assert run_at_once(program, registry.path, count=6) == ["tacos\n"] * 6


def test_sixteen_first_creations_at_once_make_one_registry(tmp_path: Path) -> None:
    program = """
        registry = Registry.create(Path(sys.argv[1]), workspace_uuid=str(__import__("uuid").uuid4()), project="tacos")
        with registry.write() as tx:
            events.append(tx, "WorkspaceCreated", "tacos", {"project": "tacos"}, actor="ann", at=NOW)
        print(meta.workspace_uuid(registry.read()))
    """
    uuids = run_at_once(program, tmp_path / "registry.db", count=16)
    assert len(set(uuids)) == 1
    with closing(Registry.open(tmp_path / "registry.db")) as registry:
        assert events.verify(registry.read()).count == 16


def test_what_a_killed_creation_left_does_not_stop_the_next_one(tmp_path: Path) -> None:
    for ending in ("", "-journal", "-wal"):
        (tmp_path / f"registry.db.new{ending}").write_bytes(b"half")
    Registry.create(tmp_path / "registry.db", workspace_uuid="0b5e", project="tacos").close()
    assert {path.name for path in tmp_path.iterdir()} == {"registry.db", "registry.db.lock"}


def test_opening_and_reading_loads_no_package_but_the_standard_library(registry: Registry) -> None:
    program = """if True:
        import sys
        from pathlib import Path
        from mltui.registry import Registry, deployments, environments, versions
        registry = Registry.open(Path(sys.argv[1]))
        assert environments.find(registry.read(), "production") is None
        loaded = {name.partition(".")[0] for name in sys.modules} - set(sys.stdlib_module_names)
        print(sorted(name for name in loaded if not name.startswith("_")))
    """
    answer = subprocess.run(
        [sys.executable, "-S", "-c", program, registry.path], capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "['mltui']"


def test_creating_loads_neither_numpy_nor_pandas(tmp_path: Path) -> None:
    program = """if True:
        import sys
        from pathlib import Path
        from mltui.registry import Registry
        Registry.create(Path(sys.argv[1]), workspace_uuid="u", project="tacos").close()
        assert "sqlite_utils" in sys.modules
        assert not {"numpy", "pandas"} & set(sys.modules)
        import numpy
    """
    subprocess.run([sys.executable, "-c", program, tmp_path / "registry.db"], check=True)


@pytest.mark.parametrize("umask", [0o022, 0o077])
def test_in_a_shared_folder_the_group_may_write_all_files(tmp_path: Path, umask: int) -> None:
    folder = tmp_path / "shared"
    folder.mkdir()
    folder.chmod(0o2770)
    before = os.umask(umask)
    try:
        with closing(Registry.create(folder / "registry.db", workspace_uuid="0b5e", project="tacos")) as registry:
            with registry.write() as tx:
                meta.put(tx, "a", "b")
            modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    finally:
        os.umask(before)
    endings = ("", "-shm", "-wal", ".lock")
    assert modes == {f"registry.db{ending}": 0o660 for ending in endings}


def test_in_a_private_folder_the_group_may_not_write(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    Registry.create(tmp_path / "registry.db", workspace_uuid="0b5e", project="tacos").close()
    assert not (tmp_path / "registry.db").stat().st_mode & stat.S_IWGRP


def test_a_registry_that_was_deleted_is_not_read_on(registry: Registry) -> None:
    registry.data_version()
    registry.path.unlink()
    for act in (registry.data_version, lambda: (registry.release(), registry.read())):
        with pytest.raises(NotFound, match="was taken away") as raised:
            act()
        assert raised.value.code == "workspace_gone"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become two other people")
def test_two_people_of_one_group_write_to_one_registry() -> None:
    program = """if True:
        import os, sys
        from pathlib import Path
        from mltui.registry import Registry, migrations, meta
        path, uid, gid = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
        migrations._load_sqlite_utils()
        os.umask(0o077), os.setgroups([gid]), os.setgid(gid), os.setuid(uid)
        registry = Registry.create(path, workspace_uuid="0b5e", project="tacos")
        with registry.write() as tx:
            meta.put(tx, str(uid), "was here")
        registry.close()
    """
    with tempfile.TemporaryDirectory() as place:
        Path(place).chmod(0o755)
        folder = Path(place) / "shared"
        folder.mkdir()
        os.chown(folder, 41001, 41000)
        folder.chmod(0o2770)
        for uid in (41001, 41002, 41001):
            arguments = [str(folder / "registry.db"), str(uid), "41000"]
            subprocess.run([sys.executable, "-c", program, *arguments], check=True)
        with closing(Registry.open(folder / "registry.db")) as registry:
            assert meta.get(registry.read(), "41001") == meta.get(registry.read(), "41002") == "was here"


def _names(registry: Registry, kind: str) -> list[str]:
    found = registry.read().execute("SELECT name FROM sqlite_schema WHERE type = ? ORDER BY name", (kind,))
    return [name for (name,) in found.fetchall()]
