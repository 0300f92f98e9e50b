"""The hand-over: what may leave, as what, once; killed anywhere and run again."""

from __future__ import annotations

import base64
import contextlib
import email
import email.policy
import hashlib
import json
import mailbox
import os
import random
import signal
import subprocess
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from conftest import ROOT

from penpal.export import folder as folders
from penpal.export.folder import MANIFEST, PENDING, opened
from penpal.export.handover import hand_over
from penpal.export.providers import FORMATS
from penpal.letters import outbox
from penpal.settings import EXIT_LOCKED, UserError

SCRIPT = ROOT / "scripts" / "export_outbox.py"
CLOCK = datetime(2026, 6, 15, 12)
ONE_FILE_A_LETTER = ("eml", "ses", "sendgrid", "mailgun")


def letter(number: int, **changes: Any) -> dict[str, Any]:
    message_id = f"{number:08d}-0000-4000-8000-000000000000"
    address = f"reader{number}@example.org"
    subject = changes.get("subject", f"Letter {number}: Grüße")
    headers = {
        "From": "Example Shop <hello@example.com>",
        "To": changes.get("email", address),
        "Reply-To": "hello@example.com",
        "Subject": subject,
        "Message-ID": f"<{message_id}@example.com>",
        "X-Penpal-Message-Id": message_id,
        "List-Unsubscribe": f"<https://shop.example.com/off?token={number}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    return {
        "message_id": message_id,
        "customer_id": f"c{number}",
        "email": address,
        "campaign": "birthday",
        "variant": "a",
        "template": "birthday",
        "language": "en",
        "subject": subject,
        "preheader": "There is something for you.",
        "html": f"<p>Hello {number}, مرحبا</p>",
        "text": f"Hello {number}\n.dot\nFrom here\n",
        "headers": json.dumps(headers | changes.pop("headers", {})),
        "send_after": CLOCK - timedelta(hours=1),
        "expires_at": CLOCK + timedelta(days=1),
        "rendered_at": CLOCK,
        "state": "due",
    } | changes


def fill(path: Path, letters: list[dict[str, Any]]) -> Path:
    """An outbox with one file of these letters."""
    path.mkdir(exist_ok=True)
    part, _ = outbox.write_batch(path, letters)
    part.rename(path / outbox.batch_name(one["message_id"] for one in letters))
    return path


def change(path: Path, message_id: str, **changes: Any) -> None:
    """As a later run does: the file of the outbox is written anew."""
    for file in path.glob("*.parquet"):
        rows = pq.read_table(file).to_pylist()
        rows = [row | changes if row["message_id"] == message_id else row for row in rows]
        part, _ = outbox.write_batch(path, rows)
        part.replace(file)


def export(path: Path, to: Path, form: str = "eml", as_of: datetime = CLOCK) -> dict[str, Any]:
    with opened(to, form) as folder:
        return hand_over(path, folder, FORMATS[form], as_of).as_dict()


def seen(to: Path) -> dict[str, bytes]:
    """What a sender finds: names and contents."""
    return {
        p.name: p.read_bytes() for p in sorted(to.iterdir()) if p.is_file() and p.name[0] != "."
    }


def letters_in(to: Path, form: str) -> list[str]:
    """Message ids of all files of a folder, read as a sender reads them."""
    ids: list[str] = []
    for path in sorted(to.glob(f"*.{FORMATS[form].suffix}")):
        content = path.read_bytes()
        if form == "eml":
            ids.append(email.message_from_bytes(content)["X-Penpal-Message-Id"])
        elif form == "mbox":
            ids += [one["X-Penpal-Message-Id"] for one in mailbox.mbox(path, create=False)]
        elif form == "jsonl":
            ids += [json.loads(line)["message_id"] for line in content.splitlines()]
        elif form == "postmark":
            ids += [one["Metadata"]["message_id"] for one in json.loads(content)]
        elif form == "ses":
            tags = {tag["Name"]: tag["Value"] for tag in json.loads(content)["EmailTags"]}
            ids.append(tags["message_id"])
        elif form == "sendgrid":
            ids.append(json.loads(content)["personalizations"][0]["custom_args"]["message_id"])
        else:
            ids.append(json.loads(content)["v:message_id"])
    return ids


# --- what leaves ---------------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_holds_every_letter_once(form: str, tmp_path: Path) -> None:
    box = fill(tmp_path / "box", [letter(n) for n in range(12)])
    counts = export(box, tmp_path / "out", form)
    assert counts["handed_over"] == 12
    assert letters_in(tmp_path / "out", form) == [letter(n)["message_id"] for n in range(12)]
    assert counts["files"] == (12 if form in ONE_FILE_A_LETTER else 1)


@pytest.mark.parametrize("form", FORMATS)
def test_only_what_may_go_out_now_leaves(form: str, tmp_path: Path) -> None:
    fates = [
        letter(1),
        letter(2, state="revoked", state_reason="unsubscribed"),
        letter(3, expires_at=CLOCK),  # at its limit a window is over
        letter(4, expires_at=CLOCK + timedelta(seconds=1)),
        letter(5, send_after=CLOCK + timedelta(seconds=1)),
        letter(6, send_after=CLOCK),
        letter(7, state=None),  # an older file
    ]
    box = fill(tmp_path / "box", fates)
    counts = export(box, tmp_path / "out", form)
    left = letters_in(tmp_path / "out", form)
    assert [one[:8] for one in left] == ["00000001", "00000004", "00000006", "00000007"]
    assert (counts["revoked"], counts["expired"], counts["not_yet"]) == (1, 1, 1)


def test_a_letter_whose_time_comes_leaves_later(tmp_path: Path) -> None:
    box = fill(tmp_path / "box", [letter(1), letter(2, send_after=CLOCK + timedelta(hours=1))])
    assert export(box, tmp_path / "out")["handed_over"] == 1
    counts = export(box, tmp_path / "out", as_of=CLOCK + timedelta(hours=1))
    assert (counts["handed_over"], counts["earlier"]) == (1, 1)


@pytest.mark.parametrize("form", FORMATS)
def test_what_is_revoked_or_expires_is_taken_back(form: str, tmp_path: Path) -> None:
    all_of_them = [letter(n, expires_at=CLOCK + timedelta(hours=n)) for n in range(1, 6)]
    box, out = fill(tmp_path / "box", all_of_them), tmp_path / "out"
    export(box, out, form)
    change(box, all_of_them[3]["message_id"], state="revoked")
    counts = export(box, out, form, as_of=CLOCK + timedelta(hours=2))  # the first two expire
    assert (counts["withdrawn"], counts["handed_over"], counts["earlier"]) == (3, 0, 2)
    assert [one[:8] for one in letters_in(out, form)] == ["00000003", "00000005"]
    before = seen(out)
    assert export(box, out, form, as_of=CLOCK + timedelta(hours=2))["withdrawn"] == 0
    assert seen(out) == before
    assert export(box, out, form, as_of=CLOCK)["handed_over"] == 0  # what was taken back stays so


@pytest.mark.parametrize("form", FORMATS)
def test_what_the_sender_took_is_not_written_again(form: str, tmp_path: Path) -> None:
    box, out = fill(tmp_path / "box", [letter(n) for n in range(3)]), tmp_path / "out"
    export(box, out, form)
    for path in out.glob(f"*.{FORMATS[form].suffix}"):
        path.unlink()
    fill(box, [letter(9)])
    change(box, letter(1)["message_id"], state="revoked")
    counts = export(box, out, form)
    assert (counts["handed_over"], counts["earlier"], counts["withdrawn"]) == (1, 2, 0)
    assert [one[:8] for one in letters_in(out, form)] == ["00000009"]


# --- the same bytes, and killed anywhere ---------------------------------------------------------


@pytest.mark.parametrize("form", FORMATS)
def test_the_same_outbox_gives_the_same_bytes(form: str, tmp_path: Path) -> None:
    box = fill(tmp_path / "box", [letter(n) for n in range(7)])
    fill(box, [letter(n) for n in range(10, 13)])
    for name in ("one", "two"):
        export(box, tmp_path / name, form)
    first = seen(tmp_path / "one")
    assert first == seen(tmp_path / "two")
    counts = export(box, tmp_path / "one", form)
    assert (counts["handed_over"], counts["earlier"]) == (0, 10)
    assert seen(tmp_path / "one") == first
    for line in first[MANIFEST].splitlines()[1:]:
        entry = json.loads(line)
        assert hashlib.sha256(first[entry["file"]]).hexdigest() == entry["sha256"]


def test_the_manifest_names_nobody(tmp_path: Path) -> None:
    box = fill(tmp_path / "box", [letter(1)])
    export(box, tmp_path / "out")
    assert b"@" not in seen(tmp_path / "out")[MANIFEST]
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o700


class Killed(BaseException):
    """Stands for SIGKILL: nothing catches it."""


@pytest.mark.parametrize("form", ["eml", "postmark"])
@pytest.mark.parametrize("step", range(12))
def test_stopped_at_any_step_and_run_again(
    form: str, step: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each call that changes the disk may be the last one."""
    box = fill(tmp_path / "box", [letter(n) for n in range(3)])
    fill(box, [letter(n) for n in range(5, 8)])
    export(box, tmp_path / "whole", form)
    stop_at(step, monkeypatch, lambda: export(box, tmp_path / "out", form))
    for name, content in seen(tmp_path / "out").items():
        assert name == MANIFEST or content == seen(tmp_path / "whole")[name]
    export(box, tmp_path / "out", form)
    assert seen(tmp_path / "out") == seen(tmp_path / "whole")
    assert not list((tmp_path / "out" / PENDING).iterdir())


@pytest.mark.parametrize("form", ["eml", "postmark"])
@pytest.mark.parametrize("is_taken", [False, True])
@pytest.mark.parametrize("step", range(8))
def test_stopped_while_letters_are_taken_back(
    form: str, is_taken: bool, step: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    box, out = fill(tmp_path / "box", [letter(n) for n in range(4)]), tmp_path / "out"
    export(box, out, form)
    change(box, letter(1)["message_id"], state="revoked")
    stop_at(step, monkeypatch, lambda: export(box, out, form))
    taken = letters_in(out, form) if is_taken else []
    for path in out.glob("*.*[!g]") if is_taken else ():
        path.unlink()
    export(box, out, form)
    left = letters_in(out, form)
    assert len(taken + left) == len(set(taken + left))
    if not is_taken:
        assert left == [letter(n)["message_id"] for n in (0, 2, 3)]
    assert not list((out / PENDING).iterdir())


def stop_at(step: int, monkeypatch: pytest.MonkeyPatch, call_it: Any) -> None:
    """Run until so many calls have changed the disk."""
    left = [step]

    def counted(original: Any) -> Any:
        def call(*arguments: Any, **named: Any) -> Any:
            left[0] -= 1
            if left[0] < 0:
                raise Killed
            return original(*arguments, **named)

        return call

    with monkeypatch.context() as patch:
        patch.setattr(folders.os, "replace", counted(os.replace))
        patch.setattr(folders.os, "fsync", counted(os.fsync))
        with contextlib.suppress(Killed):
            call_it()


def test_killed_for_good_and_run_again(tmp_path: Path) -> None:
    box = tmp_path / "box"
    for batch in range(6):
        fill(box, [letter(batch * 1000 + n, html="<p>ü</p>" * 500) for n in range(60)])
    command = [sys.executable, str(SCRIPT), "--format", "eml", "--out", str(tmp_path / "out")]
    command += ["--outbox", str(box), "--as-of", CLOCK.isoformat()]
    taken: list[str] = []
    for _ in range(4):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(random.uniform(0.4, 0.9))
        process.send_signal(signal.SIGKILL)
        process.wait()
        for path in sorted(tmp_path.glob("out/*.eml"))[:20]:  # meanwhile a sender is at work
            taken += letters_in_file(path)
            path.unlink()
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert "handed over" in done.stdout
    rest = [one for path in sorted(tmp_path.glob("out/*.eml")) for one in letters_in_file(path)]
    assert len(taken + rest) == len(set(taken + rest)) == 360


def letters_in_file(path: Path) -> list[str]:
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert not message.defects
    assert message.get_body(("html",)) is not None
    return [message["X-Penpal-Message-Id"]]


def test_a_line_of_the_manifest_that_was_cut_off_says_nothing(tmp_path: Path) -> None:
    box, out = fill(tmp_path / "box", [letter(1), letter(2)]), tmp_path / "out"
    export(box, out)
    whole = seen(out)
    lines = whole[MANIFEST].splitlines(keepends=True)
    (out / MANIFEST).write_bytes(b"".join(lines[:-1]) + lines[-1][:30])
    (out / json.loads(lines[-1])["file"]).unlink()
    assert export(box, out)["handed_over"] == 1
    assert seen(out) == whole


# --- providers -----------------------------------------------------------------------------------


def bodies(tmp_path: Path, form: str, **changes: Any) -> list[Any]:
    box = fill(tmp_path / "box", [letter(1, **changes)])
    export(box, tmp_path / "out", form)
    suffix = FORMATS[form].suffix
    return [json.loads(path.read_text("utf-8")) for path in (tmp_path / "out").glob(f"*.{suffix}")]


def test_postmark(tmp_path: Path) -> None:
    ((body,),) = bodies(tmp_path, "postmark")
    headers = {one["Name"]: one["Value"] for one in body.pop("Headers")}
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert headers["X-PM-KeepID"] == "true"
    assert headers["Message-ID"].startswith("<00000001-")
    assert not {"From", "To", "Subject", "Reply-To", "Date"} & set(headers)
    assert body == {
        "From": "Example Shop <hello@example.com>",
        "To": "reader1@example.org",
        "ReplyTo": "hello@example.com",
        "Subject": "Letter 1: Grüße",
        "Tag": "birthday",
        "TextBody": letter(1)["text"],
        "HtmlBody": letter(1)["html"],
        "Metadata": {
            "message_id": letter(1)["message_id"],
            "campaign": "birthday",
            "variant": "a",
        },
        "MessageStream": "broadcast",
    }


def test_a_transactional_letter_goes_by_the_other_stream(tmp_path: Path) -> None:
    one = letter(1)
    headers = json.loads(one["headers"])
    del headers["List-Unsubscribe"], headers["List-Unsubscribe-Post"]
    box = fill(tmp_path / "box", [one | {"headers": json.dumps(headers)}])
    export(box, tmp_path / "out", "postmark")
    (path,) = (tmp_path / "out").glob("*.json")
    assert json.loads(path.read_text("utf-8"))[0]["MessageStream"] == "outbound"


def test_postmark_takes_500_letters_and_50_megabytes_a_call(tmp_path: Path) -> None:
    box = fill(tmp_path / "box", [letter(n) for n in range(501)])
    fill(box, [letter(1000 + n, html="x" * 4_000_000) for n in range(14)])
    counts = export(box, tmp_path / "out", "postmark")
    files = list((tmp_path / "out").glob("*.json"))
    assert all(path.stat().st_size <= 50_000_000 for path in files)
    sizes = sorted(len(json.loads(path.read_bytes())) for path in files)
    assert sizes == [1, 2, 12, 500]
    assert counts["handed_over"] == 515
    assert len(letters_in(tmp_path / "out", "postmark")) == 515


def test_ses(tmp_path: Path) -> None:
    (body,) = bodies(tmp_path, "ses", variant="Ü b")
    message = email.message_from_bytes(
        base64.b64decode(body["Content"]["Raw"]["Data"]), policy=email.policy.default
    )
    assert message["Subject"] == "Letter 1: Grüße"
    assert body["FromEmailAddress"] == "hello@example.com"
    assert body["Destination"] == {"ToAddresses": ["reader1@example.org"]}
    assert {tag["Name"]: tag["Value"] for tag in body["EmailTags"]}["variant"] == "--b"
    assert set(body) == {"FromEmailAddress", "Destination", "Content", "EmailTags"}


def test_sendgrid(tmp_path: Path) -> None:
    (body,) = bodies(tmp_path, "sendgrid")
    assert body["personalizations"][0]["to"] == [{"email": "reader1@example.org"}]
    assert body["from"] == {"email": "hello@example.com", "name": "Example Shop"}
    assert body["reply_to"] == {"email": "hello@example.com"}
    assert [one["type"] for one in body["content"]] == ["text/plain", "text/html"]
    assert body["headers"]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    reserved = {"to", "from", "subject", "reply-to", "cc", "bcc", "content-type", "date"}
    assert not reserved & {name.lower() for name in body["headers"]}
    assert all(isinstance(v, str) for v in body["personalizations"][0]["custom_args"].values())
    assert body["categories"] == ["birthday"]


def test_mailgun(tmp_path: Path) -> None:
    (body,) = bodies(tmp_path, "mailgun")
    assert body["to"] == "reader1@example.org"
    assert body["h:List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert body["h:Reply-To"] == "hello@example.com"
    assert body["o:tag"] == "birthday"
    assert body["v:message_id"] == letter(1)["message_id"]
    assert all(isinstance(value, str) for value in body.values())


# --- what goes wrong -----------------------------------------------------------------------------


def test_one_bad_letter_does_not_stop_the_others(tmp_path: Path) -> None:
    hostile = letter(2, subject="Hi\r\nBcc: evil@example.net")
    broken = letter(3) | {"headers": "{"}
    other = letter(4) | {"subject": "not the one of the headers"}
    empty = letter(5, html=" ")
    box = fill(tmp_path / "box", [letter(1), hostile, broken, other, empty, letter(6)])
    done = program(tmp_path, box)
    assert done.returncode == 1
    assert "2  handed over" in done.stdout
    assert "refused: Subject holds a line break" in done.stdout
    assert "evil" not in done.stdout + done.stderr
    assert len(list((tmp_path / "out").glob("*.eml"))) == 2
    assert not any(b"evil" in content for content in seen(tmp_path / "out").values())


def program(tmp_path: Path, box: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, SCRIPT, "--format", "eml", "--out", tmp_path / "out"]
    command += ["--outbox", box, "--as-of", "2026-06-15 12:00", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_program_tells_counts(tmp_path: Path) -> None:
    box = fill(tmp_path / "box", [letter(1), letter(2, state="revoked")])
    done = program(tmp_path, box, "--json", str(tmp_path / "counts.json"))
    assert done.returncode == 0, done.stderr
    counts = json.loads((tmp_path / "counts.json").read_text())
    assert (counts["handed_over"], counts["revoked"], counts["refused"]) == (1, 1, {})
    done = program(tmp_path, box, "--as-of", "2027-01-01")
    assert "all are expired" in done.stdout


def test_users_mistakes_are_told_in_a_sentence(tmp_path: Path) -> None:
    box = fill(tmp_path / "box", [letter(1)])
    for done, words in (
        (program(tmp_path, tmp_path / "none"), "There is no outbox at"),
        (program(tmp_path, box, "--as-of", "noon"), "is no time"),
        (program(tmp_path, box, "--out", str(box)), "is the outbox itself"),
    ):
        assert done.returncode == 2
        assert words in done.stderr
        assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    box = fill(tmp_path / "box", [letter(1)])
    export(box, tmp_path / "out")
    with pytest.raises(UserError, match="holds letters as eml"):
        export(box, tmp_path / "out", "mbox")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.txt").write_text("precious")
    with pytest.raises(UserError, match="holds other files"):
        export(box, tmp_path / "other")
    (tmp_path / "out" / MANIFEST).write_text("no manifest\n")
    with pytest.raises(UserError, match="cannot be read"):
        export(box, tmp_path / "out")


def test_two_at_once_are_kept_apart(tmp_path: Path) -> None:
    with opened(tmp_path / "out", "eml"), pytest.raises(UserError) as told:  # noqa: SIM117
        with opened(tmp_path / "out", "eml"):
            pass
    assert told.value.exit_code == EXIT_LOCKED


@pytest.mark.parametrize("message_id", ["../../../../var/pwn", "a/b", "-rf", "x" * 300, "ü"])
def test_no_message_id_leads_out_of_the_folder(message_id: str, tmp_path: Path) -> None:
    one = letter(1) | {"message_id": message_id}
    box = fill(tmp_path / "box", [one])
    export(box, tmp_path / "out")
    (path,) = (tmp_path / "out").glob("*.eml")
    assert len(path.stem) == 32
    assert path.parent == tmp_path / "out"
