"""Long lists: pages by key and by offset, words that have to be there and words that must not."""

from __future__ import annotations

from registry_values import NOW, add_release, add_run, add_version, digest, later

from mltui.domain.run import WorkState
from mltui.registry import Registry, data_versions, deployments, events, notes, releases, runs, version_facts
from mltui.registry.search import Words


def found(registry: Registry, text: str) -> list[int]:
    return [version.id for version in version_facts.list_facts(registry.read(), words=Words.parse(text))]


def runs_with(registry: Registry, text: str) -> list[int]:
    return [run.id for run in runs.list_runs(registry.read(), words=Words.parse(text))]


def events_with(registry: Registry, text: str, **given: object) -> list[int]:
    words = Words.parse(text)
    listed = [event.sequence for event in events.browse(registry.read(), words=words, **given)]  # type: ignore[arg-type]
    if "before" not in given and "limit" not in given:
        counted = events.count(registry.read(), words=words, **given)  # type: ignore[arg-type]
        assert counted == len(listed)
    return listed


def test_words_are_split_into_those_that_must_and_those_that_must_not_be_there() -> None:
    assert Words.parse(" dark  !night ! ann ") == Words(("dark", "ann"), ("night",))
    assert Words.parse("dark !night").fit("The DARK side")
    assert not Words.parse("dark !night").fit("a dark night")


def test_versions_are_found_by_the_beginning_of_words_in_their_facts_and_notes(registry: Registry) -> None:
    with registry.write() as tx:
        run = add_run(tx)
        one, two = add_version(tx, branch="fix/lighting", run_id=run.id), add_version(tx, run_id=run.id)
        notes.add(tx, version_id=two.id, text="Worse on dark pictures", author="ann", at=NOW)
        notes.add(tx, version_id=one.id, text="Worse at noon", author="ann", at=NOW)
    assert found(registry, "light") == [one.id]
    assert found(registry, "dark pict") == [two.id]
    assert found(registry, "fix noon") == [one.id], "one word in the branch, the other in a note"
    assert found(registry, "dark lighting") == []
    assert found(registry, "ann") == [two.id, one.id]
    assert found(registry, "!light") == found(registry, "worse !light") == [two.id]
    assert found(registry, "v2") == [two.id]
    assert found(registry, "learning_rate") == [two.id, one.id]


def test_nothing_that_a_person_types_is_an_operator(registry: Registry) -> None:
    with registry.write() as tx:
        add_version(tx, branch="fix/lighting", run_id=add_run(tx, message="100% sure").id)
        events.append(tx, "RunFailed", "1", {"run": "1", "reason": "a"}, actor="ann", at=NOW)
    for hostile in (
        "",
        '"',
        "a OR b*",
        "NEAR(",
        "branch:fix -- ;",
        "fix*)",
        "!*",
        "+",
        "^a",
        "%",
        "_",
        "|",
        "\\",
        "' --",
    ):
        for list_all in (found, runs_with, events_with):
            list_all(registry, hostile)
    assert runs_with(registry, "100%") == [1]
    assert runs_with(registry, "1_0") == runs_with(registry, "|%") == []


def test_a_word_without_a_letter_finds_no_version_and_excludes_none(registry: Registry) -> None:
    with registry.write() as tx:
        add_version(tx)
    assert found(registry, "+") == []
    assert found(registry, "!+") == [1]


def test_runs_are_found_anywhere_in_what_is_said_of_them(registry: Registry) -> None:
    with registry.write() as tx:
        one = add_run(tx, message="Brighter", state=WorkState.FAILED, failure="out of memory")
        two = add_run(tx, branch="try/night", author_name="Bob")
    assert runs_with(registry, "emory fail") == [one.id]
    assert runs_with(registry, "NIGHT bob") == [two.id]
    assert runs_with(registry, "!bob") == [one.id]
    assert runs.count(registry.read(), words=Words.parse("!bob")) == 1
    assert runs.count(registry.read(), state=WorkState.FAILED) == 1


def test_events_are_found_by_words_within_a_subject_and_a_time(registry: Registry) -> None:
    with registry.write() as tx:
        for number in range(1, 7):
            data = {"run": number, "reason": "dark" if number % 2 else "bright"}
            events.append(tx, "RunFailed", str(number % 3), data, actor="ann", at=later(number))
    assert events_with(registry, "dark") == [5, 3, 1]
    assert events_with(registry, "dark", limit=1) == [5]
    assert events_with(registry, "dark", before=5) == [3, 1]
    assert events_with(registry, "!dark") == [6, 4, 2]
    assert events_with(registry, "runfailed !dark") == [6, 4, 2]
    assert events_with(registry, "dark", subject="0") == [3]
    assert events_with(registry, "dark", until=later(4)) == [3, 1]
    assert events_with(registry, "", until=later(2)) == [2, 1]


def test_releases_and_data_are_found_by_what_is_said_of_them(registry: Registry) -> None:
    with registry.write() as tx:
        release = add_release(tx, environment="staging", failure="smoke failed")
        add_release(tx)
        data_versions.add(tx, digest=digest(1), source="first.csv", files=1, bytes_total=1, at=later(1))
        data_versions.add(tx, digest=digest(2), source="second.csv", files=1, bytes_total=1, at=later(2))
    conn, words = registry.read(), Words.parse("smoke staging r1")
    assert releases.list_releases(conn, words=words) == [release]
    assert releases.count(conn, words=words) == releases.count(conn, environment="staging") == 1
    assert [each.source for each in data_versions.list_data(conn, words=Words.parse("!first"))] == ["second.csv"]
    assert [each.source for each in data_versions.list_data(conn, before=digest(2))] == ["first.csv"]
    assert data_versions.count(conn, words=Words.parse("csv")) == 2


def test_a_page_at_an_offset_is_the_page_that_paging_reaches(registry: Registry) -> None:
    with registry.write() as tx:
        for number in range(10):
            add_run(tx, branch="night" if number % 2 else "day")
    conn = registry.read()
    for words in (Words(), Words(("night",))):
        whole = runs.list_runs(conn, words=words, limit=100)
        for offset in range(len(whole) + 1):
            assert runs.list_runs(conn, words=words, limit=3, offset=offset) == whole[offset : offset + 3]
        assert runs.list_runs(conn, words=words, limit=100, before=whole[1].id) == whole[2:]


def test_versions_are_ordered_by_a_metric_and_those_without_it_are_last(registry: Registry) -> None:
    with registry.write() as tx:
        for metrics in ({"recall:taco": 0.5}, {"recall:taco": 0.9}, {"accuracy": 1.0}, {"recall:taco": 0.9}):
            add_version(tx, metrics=metrics)
    conn = registry.read()

    def order(*, smallest_first: bool) -> list[int]:
        listed = version_facts.list_by_metric(conn, "recall:taco", smallest_first=smallest_first)
        return [version.id for version in listed]

    assert order(smallest_first=False) == [4, 2, 1, 3]
    assert order(smallest_first=True) == [1, 4, 2, 3]


def test_facts_releases_steps_and_stages_of_many_come_at_once(registry: Registry) -> None:
    with registry.write() as tx:
        version = add_version(tx)
        add_release(tx, version_id=version.id)
        newest = add_release(tx, version_id=version.id)
    conn = registry.read()
    assert version_facts.facts_of(conn, [version.id, 99])[version.id].metrics == version.metrics
    assert releases.newest_of_versions(conn, [version.id, 99]) == {version.id: newest}
    assert releases.newest_of_versions(conn, []) == {}
    assert deployments.live(conn) == []
