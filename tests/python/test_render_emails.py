"""The renderer as a whole: at most once, nothing lost, killed anywhere; time limits, exit codes."""

from __future__ import annotations

import functools
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from penpal import settings
from penpal.letters import outbox, sample, shop, workers
from penpal.letters.queue import QUEUE_COLUMNS

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "scripts" / "render_emails.py"
FIXTURE = json.loads((ROOT / "tests" / "fixtures" / "letters" / "queue.json").read_text())
TIMES = ("send_after", "expires_at", "evaluated_at")
SECRET = "a secret for tests only"


def queue(count: int, **changes: Any) -> list[dict[str, Any]]:
    rows = []
    for number in range(count):
        found = FIXTURE[number % len(FIXTURE)]
        rows.append(
            found
            | {name: datetime.fromisoformat(found[name]) for name in TIMES}
            | {"message_id": f"m{number:06d}", "occasion": f"o{number}"}
            | {"context": json.dumps(found["context"])}
            | changes
        )
    return rows


def make(warehouse: Path, rows: list[dict[str, Any]]) -> Path:
    """A warehouse that holds the queue and an empty ledger."""
    times = "send_after timestamp, expires_at timestamp, evaluated_at timestamp"
    texts = [name for name in QUEUE_COLUMNS if name not in TIMES]
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create schema marts; create schema ledger;")
        connection.execute(
            "create table marts.email_revocations "
            "(message_id varchar, reason varchar, evaluated_at timestamp)"
        )
        columns = ", ".join(f"{name} varchar" for name in texts)
        connection.execute(f"create table marts.email_queue ({columns}, {times})")
        connection.execute(
            "create table ledger.email_messages (message_id varchar, customer_id varchar, "
            "email varchar, campaign varchar, occasion varchar, variant varchar, "
            "template varchar, sent_at timestamp, outbox_file varchar, subject varchar)"
        )
        connection.execute(
            "create table ledger.offer_codes (code varchar, offer varchar, customer_id varchar, "
            "campaign varchar, occasion varchar, message_id varchar, kind varchar, "
            "value decimal(18, 2), currency varchar, minimum decimal(18, 2), "
            "issued_at timestamp, expires_at timestamp)"
        )
        if rows:
            names = [*texts, *TIMES]
            types = [pa.string()] * len(texts) + [pa.timestamp("us")] * len(TIMES)
            table = pa.table(
                [pa.array([r[n] for r in rows], t) for n, t in zip(names, types, strict=True)],
                names=names,
            )
            connection.register("rows", table)
            connection.execute("insert into marts.email_queue select * from rows")
    return warehouse


@functools.cache
def few_letters() -> tempfile.TemporaryDirectory:
    """The letters of the queue, in its language alone: all others take seconds to check."""
    folder = tempfile.TemporaryDirectory(prefix="emails")
    kept = {row["template"] for row in FIXTURE} | {"en", "shop"}
    for path in settings.EMAILS.rglob("*.*"):
        if path.parent.name == "shared" or path.name.partition(".")[0] in kept:
            place = Path(folder.name, path.relative_to(settings.EMAILS))
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, place)
    return folder


# Runs the program with the letters of a folder.
RENDER = """
import runpy, sys
from pathlib import Path
from penpal import settings
settings.EMAILS = Path(sys.argv.pop(1))
sys.argv[0] = sys.argv.pop(1)
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def environment_of(warehouse: Path, **changes: str) -> dict[str, str]:
    own = {
        "PENPAL_WAREHOUSE": str(warehouse),
        "PENPAL_SECRET": SECRET,
        "PYTHONPATH": str(SCRIPT.parent),
    }
    return os.environ | own | changes


def run(warehouse: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: PLW1510 (the tests look at the exit code)
        [sys.executable, "-c", RENDER, few_letters().name, SCRIPT, *arguments],
        capture_output=True,
        text=True,
        env=environment_of(warehouse, **environment),
    )


def where(warehouse: Path) -> settings.Settings:
    return settings.Settings(warehouse=warehouse, lake=warehouse.parent)


def check_at_most_once(warehouse: Path, expected: int) -> None:
    """Every ledger row has its letter in exactly one final file, and no letter is without one."""
    folder = where(warehouse).outbox
    assert not list(folder.glob("*.tmp"))
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        ledger = connection.execute(
            "select message_id, outbox_file, subject from ledger.email_messages order by all"
        ).fetchall()
    letters = []
    if list(folder.glob("*.parquet")):
        letters = duckdb.sql(
            f"""select message_id, parse_filename(filename), subject
            from read_parquet('{folder}/*.parquet', filename = true) order by all"""
        ).fetchall()
    assert ledger == letters
    assert len({message_id for message_id, _, _ in ledger}) == len(ledger) == expected


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    return make(tmp_path / "shop.duckdb", queue(40))


def test_the_lint_of_a_sample_stops_before_the_first_letter(tmp_path: Path) -> None:
    warehouse = make(tmp_path / "shop.duckdb", queue(6))
    emails = tmp_path / "emails"
    shutil.copytree(ROOT / "emails", emails)
    job = workers.Job(
        *(shop.load(), SECRET, where(warehouse).outbox, QUEUE_COLUMNS, frozenset()), emails
    )
    sample.lint_sample(job, warehouse, workers.TIME_LIMIT)
    text = emails / "birthday.txt.j2"
    text.write_text(text.read_text() + "\nLorem ipsum dolor sit amet.\n")
    with pytest.raises(settings.UserError, match=r"birthday, en: placeholder-text"):
        sample.lint_sample(job, warehouse, workers.TIME_LIMIT)
    assert not list(tmp_path.rglob("*.parquet"))


def test_renders_each_letter_once(warehouse: Path) -> None:
    report = warehouse.with_name("counts.json")
    first = run(warehouse, "--json", str(report))
    assert first.returncode == 0, first.stderr
    counts = json.loads(report.read_text())
    assert counts["rendered_total"] == sum(counts["rendered"].values()) == counts["queued"] == 40
    assert counts["refused"] == {}
    page = (where(warehouse).preview / "index.html").read_text()
    assert "40 letters rendered" in page
    letter = duckdb.sql(f"from '{where(warehouse).outbox}/*.parquet' limit 1").to_arrow_table()
    assert letter.schema.names == outbox.SCHEMA.names
    assert letter["rendered_at"][0].as_py() == datetime(2026, 6, 15, 12)
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        sent_at = connection.execute("select distinct sent_at from ledger.email_messages")
        assert sent_at.fetchall() == [(datetime(2026, 6, 15, 12),)]

    again = run(warehouse, "--json", str(report))
    assert again.returncode == 0
    assert "40  already rendered earlier" in again.stdout
    assert json.loads(report.read_text())["rendered_total"] == 0
    assert (where(warehouse).preview / "index.html").read_text() == page
    check_at_most_once(warehouse, 40)
    assert "Traceback" not in first.stderr + again.stderr
    assert "reader@example.com" not in first.stdout + first.stderr


def test_limit_leaves_the_rest_for_the_next_run(warehouse: Path) -> None:
    first = run(warehouse, "--limit", "15", "--no-preview")
    assert "25  left for the next run" in first.stdout
    assert not where(warehouse).preview.exists()
    check_at_most_once(warehouse, 15)
    assert run(warehouse).returncode == 0
    check_at_most_once(warehouse, 40)


def test_the_same_letters_with_any_number_of_jobs(tmp_path: Path) -> None:
    found = []
    for jobs in ("1", "3"):
        path = make(tmp_path / f"jobs{jobs}.duckdb", queue(5_000))
        assert run(path, "--jobs", jobs, "--no-preview").returncode == 0
        check_at_most_once(path, 5_000)
        files = {f.name: f.read_bytes() for f in where(path).outbox.glob("*.parquet")}
        found.append(files)
    assert found[0] == found[1]


# --- killed anywhere ---------------------------------------------------------------------------

# Runs the renderer with small batches, and has it killed when it comes to a step for the nth time.
KILLER = """
import os, signal, sys
from pathlib import Path
from penpal import settings
settings.EMAILS = Path(sys.argv[1])
import render_emails
from penpal.letters import outbox, queue
step, count = sys.argv[2], int(sys.argv[3])
queue.BATCH = 5
def mortal(function):
    def call(*arguments, **named):
        global count
        count -= 1
        if step.startswith("before") and count == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        result = function(*arguments, **named)
        if step.startswith("after") and count == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return result
    return call
name = step.split()[1]
setattr(outbox, name, mortal(getattr(outbox, name)))
if __name__ == "__main__":
    sys.exit(render_emails.main(["--no-preview"]))
"""


@pytest.mark.parametrize("count", ["1", "3"])
@pytest.mark.parametrize(
    "step", ["before claim", "before enter", "after enter", "after finish", "before write_refused"]
)
def test_killed_at_any_step(warehouse: Path, step: str, count: str) -> None:
    script = warehouse.with_name("killer.py")
    script.write_text(KILLER)
    arguments = [sys.executable, script, few_letters().name, step, count]
    environment = environment_of(warehouse)
    died = subprocess.run(arguments, env=environment, capture_output=True, check=False)
    if "write_refused" in step and count == "3":
        assert died.returncode == 0  # it is called once
    else:
        assert died.returncode == -signal.SIGKILL, died.stderr
    assert run(warehouse).returncode == 0
    check_at_most_once(warehouse, 40)


def test_killed_at_any_time(tmp_path: Path) -> None:
    path = make(tmp_path / "shop.duckdb", queue(4_000))
    arguments = [sys.executable, "-c", RENDER, few_letters().name, SCRIPT]
    for pause in (0.3, 0.9, 1.3, 1.7):
        process = subprocess.Popen(arguments, env=environment_of(path), stdout=subprocess.DEVNULL)
        time.sleep(pause)
        process.kill()
        process.wait()
    # A worker of a killed run may still be writing its .part beside: the next run clears it away.
    last = run(path)
    assert last.returncode == 0, last.stderr
    check_at_most_once(path, 4_000)


STAGES = ("torn", "written", "claimed", "entered", "done", "forgotten")


@hypothesis_settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(
        st.sampled_from(["torn", "written", "claimed", "entered", "done", "forgotten"]), max_size=6
    )
)
def test_any_leftovers_are_put_right(
    tmp_path_factory: pytest.TempPathFactory, stages: list[str]
) -> None:
    path = make(tmp_path_factory.mktemp("left") / "shop.duckdb", [])
    folder = where(path).outbox
    folder.mkdir()
    expected = 0
    with duckdb.connect(str(path)) as connection:
        for number, stage in enumerate(stages):
            letters = [
                {name: f"{name}-{number}-{n}" for name in outbox.SCHEMA.names}
                | {"offer": json.dumps({"offer": "o", "code": f"{number}{n}", "expires_at": ""})}
                | dict.fromkeys(
                    ("send_after", "expires_at", "rendered_at", "state_at"), datetime(2026, 6, 15)
                )
                for n in range(3)
            ]
            part, rows = outbox.write_batch(folder, letters)
            if stage == "torn":
                part.write_bytes(b"PAR1 half")
            if stage in ("torn", "written"):
                continue
            name = outbox.claim(part)
            if stage in ("entered", "done"):
                outbox.enter(connection, rows)
            if stage in ("done", "forgotten"):
                outbox.finish(folder, name)
            expected += 3 * (stage in ("entered", "done", "forgotten"))
        for _ in range(2):
            outbox.recover(connection, folder)
    assert not list(folder.glob("*.part"))
    check_at_most_once(path, expected)


def test_a_letter_that_waits_is_revoked_once_and_for_good(warehouse: Path) -> None:
    assert run(warehouse).returncode == 0
    folder, later = where(warehouse).outbox, datetime(2026, 6, 15, 13)
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(
            "insert into marts.email_revocations values ('m000003', 'no_consent', ?), "
            "('m000004', 'already_purchased', ?), ('unknown', 'no_consent', ?)",
            [later] * 3,
        )
    again = run(warehouse)
    assert "1  revoked in the outbox: no_consent" in again.stdout
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("delete from marts.email_revocations where reason = 'no_consent'")
    assert "revoked" not in run(warehouse).stdout
    check_at_most_once(warehouse, 40)
    letters = duckdb.sql(f"from '{folder}/*.parquet'")
    assert letters.columns == outbox.SCHEMA.names
    assert letters.filter("state = 'revoked'").order("message_id").project(
        "message_id, state_reason, state_at"
    ).fetchall() == [
        ("m000003", "no_consent", later),
        ("m000004", "already_purchased", later),
    ]
    assert len(letters.filter("state = 'due' and html is not null").fetchall()) == 38


def test_letters_from_before_states_can_be_revoked(warehouse: Path) -> None:
    assert run(warehouse).returncode == 0
    for file in where(warehouse).outbox.glob("*.parquet"):
        states = ("state", "state_reason", "state_at")
        pq.write_table(pq.read_table(file).drop_columns(states), file)
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(
            "insert into marts.email_revocations values ('m000003', 'no_consent', '2026-06-15')"
        )
    assert run(warehouse).returncode == 0
    files = f"read_parquet('{where(warehouse).outbox}/*.parquet', union_by_name = true)"
    revoked = duckdb.sql(f"select message_id from {files} where state = 'revoked'").fetchall()
    assert revoked == [("m000003",)]


def test_a_lost_ledger_is_read_back_from_the_outbox(warehouse: Path) -> None:
    assert run(warehouse).returncode == 0
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("delete from ledger.email_messages where campaign = 'birthday'")
    again = run(warehouse)
    assert again.returncode == 0, again.stderr
    assert "40  already rendered earlier" in again.stdout
    check_at_most_once(warehouse, 40)


def test_a_message_is_never_entered_twice(warehouse: Path) -> None:
    row = {name: ["x"] for name in outbox.LEDGER_COLUMNS} | {"sent_at": [datetime(2026, 6, 15)]}
    with duckdb.connect(str(warehouse)) as connection:
        outbox.enter(connection, pa.table(row))
        with pytest.raises(settings.UserError, match="already"):
            outbox.enter(connection, pa.table(row))
        count = connection.execute("select count(*) from ledger.email_messages").fetchone()
    assert count == (1,)


# --- refusals, limits, mistakes ----------------------------------------------------------------


def test_refused_letters_are_listed_and_tried_again(tmp_path: Path) -> None:
    rows = queue(30)
    rows[0]["email"] = "victim@example.com, evil@example.net"
    rows[1]["template"] = "../../etc/passwd"
    rows[2]["context"] = "{"
    rows[3] |= {"customer_id": "../../../../var/pwn", "message_id": "../../../../var/pwn"}
    path = make(tmp_path / "shop.duckdb", rows)
    first = run(path)
    assert first.returncode == 0, first.stderr
    refused = duckdb.sql(
        f"select reason, campaign, detail from '{where(path).outbox}/refused/latest.parquet'"
    ).fetchall()
    assert {r[0] for r in refused} == {"invalid_address", "unknown_template", "bad_context"}
    assert "@" not in str(refused)
    check_at_most_once(path, 27)
    outside = [f for f in tmp_path.rglob("*") if not f.resolve().is_relative_to(tmp_path)]
    assert not outside
    # 3 of 3 that were left: they are those letters' matter, and stop nobody else's tomorrow.
    assert run(path).returncode == settings.EXIT_DONE
    with duckdb.connect(str(path)) as connection:
        connection.execute("update marts.email_queue set email = 'reader@example.com'")
    run(path)
    check_at_most_once(path, 28)


@pytest.mark.parametrize(("refused", "code"), [(19, 0), (20, settings.EXIT_CHECK_FAILED)])
def test_many_refused_letters_stop_the_run(tmp_path: Path, refused: int, code: int) -> None:
    rows = queue(30)
    for row in rows[:refused]:
        row["email"] = "=?utf-8?q?x?=@example.com"
    path = make(tmp_path / "shop.duckdb", rows)
    assert run(path).returncode == code
    check_at_most_once(path, 30 - refused)
    assert run(path, "--max-refused", "1").returncode == 0


TAME = "<mjml><mj-body><mj-raw>x</mj-raw></mj-body></mjml>"
NESTED = "{% for a in recommendations %}" * 15 + "x" + "{% endfor %}" * 15
# As many rounds as are allowed, each as slow as can be: seconds for whoever has recommendations.
SLOW = "{% for a in recommendations %}" * 6
SLOW += "{{ a.name | replace('a', 'b') | title | truncate(9) }}" * 100 + "{% endfor %}" * 6


def render_texts(
    folder: Path, texts: dict[str, str], batches: list[list[dict[str, Any]]], time_limit: float
) -> list[workers.Result]:
    """Results of batches rendered with templates of these texts."""
    emails = folder / "emails"
    emails.mkdir()
    for name, text in texts.items():
        (emails / f"{name}.txt.j2").write_text(f"Subject: A\nPreheader: B\n\n{text}\n")
        (emails / f"{name}.mjml.j2").write_text(TAME)
    columns = tuple(batches[0][0])
    job = workers.Job(shop.load(), SECRET, folder, columns, frozenset(), emails)
    tuples = [[tuple(row.values()) for row in batch] for batch in batches]
    return list(workers.render_all(job, tuples, jobs=1, time_limit=time_limit))


def refused_of(results: list[workers.Result]) -> list[tuple[str, str]]:
    return sorted((r["message_id"], r["reason"]) for result in results for r in result.refused)


def test_runaway_templates_are_stopped(tmp_path: Path) -> None:
    began = time.process_time()
    batches = [queue(2, template=name) for name in ("runaway", "runaway", "tame")]
    results = render_texts(tmp_path, {"runaway": NESTED, "tame": "Hello"}, batches, time_limit=5)
    assert [reason for _, reason in refused_of(results)] == ["too_much"] * 4
    assert sum(result.rows for result in results) == 6
    assert len([result for result in results if result.part]) == 1
    assert time.process_time() - began < 5


def test_a_slow_letter_is_refused_and_stops_no_other(tmp_path: Path) -> None:
    batch = queue(5, template="slow", context="{}")
    batch[2]["context"] = json.dumps(FIXTURE[0]["context"])
    results = render_texts(tmp_path, {"slow": SLOW}, [batch], time_limit=0.5)
    assert refused_of(results) == [("m000002", "time_limit")]
    assert sum(result.rows for result in results) == 5
    assert pq.read_table(next(r.part for r in results if r.part)).num_rows == 4


def test_a_template_that_is_slow_again_and_again_is_given_up(tmp_path: Path) -> None:
    full = queue(9, template="slow", context=json.dumps(FIXTURE[0]["context"]))
    rest = [row | {"message_id": f"n{row['message_id']}"} for row in full]
    results = render_texts(tmp_path, {"slow": SLOW}, [full, rest], time_limit=0.2)
    assert [reason for _, reason in refused_of(results)] == ["time_limit"] * 18
    assert sum(result.rows for result in results) == 18


def test_a_faulty_template_stops_the_run_before_the_first_letter(warehouse: Path) -> None:
    """Also one that nobody is to get: its faults are told with file, line and word."""
    emails = warehouse.parent / "emails"
    shutil.copytree(settings.EMAILS, emails)
    (emails / "unheard_of.mjml.liquid").write_text(TAME.replace(">x<", ">\n{{ frist_name }}<"))
    (emails / "half.mjml.j2").write_text(TAME)
    head = "Subject: A\nPreheader: B\n\n"
    (emails / "unheard_of.txt.j2").write_text(head + "{% if first_name %}Hello\n")
    arguments = [sys.executable, "-c", RENDER, emails, SCRIPT]
    environment = environment_of(warehouse)
    done = subprocess.run(arguments, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == settings.EXIT_CANNOT_RUN
    assert "3 faults in the templates, nothing was rendered:" in done.stderr
    assert "emails/half.mjml.j2:1: there is no text part: write emails/half.txt.j2" in done.stderr
    assert "emails/unheard_of.mjml.liquid:2: frist_name: is not a known variable." in done.stderr
    assert "Did you mean first_name?" in done.stderr
    assert "emails/unheard_of.txt.j2:4: if: this block is not closed." in done.stderr
    assert "Traceback" not in done.stderr
    check_at_most_once(warehouse, 0)


def test_what_a_user_can_get_wrong(tmp_path: Path) -> None:
    path = tmp_path / "shop.duckdb"
    missing = run(path)
    assert (missing.returncode, "run dbt build first" in missing.stderr) == (2, True)
    assert not path.exists()
    duckdb.connect(str(path)).close()
    empty = run(path)
    assert (empty.returncode, "no marts.email_queue" in empty.stderr) == (2, True)
    path.unlink()
    make(path, queue(3))
    short = run(path, PENPAL_SECRET="short")
    assert (short.returncode, "at least 16" in short.stderr) == (2, True)
    with duckdb.connect(str(path)) as connection:
        connection.execute("alter table marts.email_queue drop column evaluated_at")
    old = run(path)
    assert (old.returncode, "no column evaluated_at" in old.stderr) == (2, True)
    for result in (missing, empty, short, old):
        assert "Traceback" not in result.stderr
        assert len(result.stderr.strip().splitlines()) == 1


def test_another_renderer_keeps_out(warehouse: Path) -> None:
    with outbox.locked(where(warehouse).outbox):
        result = run(warehouse)
    assert (result.returncode, "Traceback" in result.stderr) == (settings.EXIT_LOCKED, False)


def test_a_secret_is_made_once_and_kept_private(warehouse: Path) -> None:
    first = run(warehouse, PENPAL_SECRET="")
    assert "PENPAL_SECRET is not set" in first.stdout
    file = where(warehouse).secret_file
    secret = file.read_text()
    assert file.stat().st_mode & 0o077 == 0
    assert where(warehouse).outbox.stat().st_mode & 0o077 == 0
    run(warehouse, PENPAL_SECRET="")
    assert file.read_text() == secret
    assert secret not in first.stdout + first.stderr


def test_an_empty_queue(tmp_path: Path) -> None:
    path = make(tmp_path / "shop.duckdb", [])
    result = run(path)
    assert (result.returncode, result.stderr) == (0, "")
    check_at_most_once(path, 0)
