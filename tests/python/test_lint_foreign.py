"""Foreign mail: any file is read and linted without a crash, and its sins are named."""

# ruff: noqa: E501 (what is read stands in one line)

from __future__ import annotations

import email.policy
import json
import subprocess
import sys
from email.message import EmailMessage
from pathlib import Path

import pytest
from conftest import ROOT
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from penpal.lint import Mail, lint
from penpal.lint.reading import from_bytes, from_html, read
from penpal.settings import UserError

GOOD = (ROOT / "tests/fixtures/lint/letter.html").read_bytes()
SCRIPT = ROOT / "scripts" / "lint_emails.py"


def rules_of(mail: Mail) -> set[str]:
    return {one.rule for one in lint(mail)}


def message(body: bytes, **headers: str) -> bytes:
    given = {
        "From": "Shop <a@shop.test>",
        "Subject": "Hello",
        "Date": "Mon, 30 Nov 2026 10:00:00 +0000",
    }
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in given.items())
    return head.encode() + b"\r\n" + body


def test_quoted_printable_with_soft_breaks() -> None:
    body = b"<p>Liebe Frau M=FCller, das ist eine lange Zeile, die weich =\r\numbrochen wird.</p>"
    mail = from_bytes(
        message(body, MIME_Version="1.0", Content_Type="text/html; charset=iso-8859-1",
                Content_Transfer_Encoding="quoted-printable"), "qp.eml")  # fmt: skip
    assert "Müller" in mail.html
    assert "weich umbrochen" in mail.html
    assert "text-part-missing" in rules_of(mail)


@pytest.mark.parametrize(
    ("charset", "text"),
    [
        ("windows-1252", "Größe \u2013 5 €"),
        ("iso-8859-8-i", "שלום"),
        ("koi8-r", "Здравствуйте"),
        ("shift_jis", "こんにちは"),
        ("gb2312", "你好"),
        ("utf-8", "مرحبا"),
    ],
)
def test_8bit_in_any_charset(charset: str, text: str) -> None:
    encoded = text.encode(charset.removesuffix("-i"))
    head = {"Content_Type": f'text/html; charset="{charset}"', "Content_Transfer_Encoding": "8bit"}
    mail = from_bytes(message(b"<p>" + encoded + b"</p>", **head), "x.eml")
    assert text in mail.html
    assert "text-garbled" not in rules_of(mail)


def test_a_charset_that_does_not_exist_or_is_wrong() -> None:
    for charset in ("x-unknown", "utf-8", ""):
        raw = message("<p>Größe</p>".encode("cp1252"), Content_Type=f"text/html; charset={charset}")
        assert lint(from_bytes(raw, "x.eml"))


def test_multipart_related_finds_its_images() -> None:
    letter = EmailMessage(policy=email.policy.SMTP)
    letter["From"], letter["Subject"] = "Shop <a@shop.test>", "Hello"
    letter.set_content("Hello there, this is the text of the letter.")
    letter.add_alternative('<p>Hello<img src="cid:logo"><img src="cid:gone"></p>', subtype="html")
    letter.get_payload()[1].add_related(b"png", "image", "png", cid="<logo>")
    findings = lint(from_bytes(letter.as_bytes(), "x.eml"))
    assert [f.what for f in findings if f.rule == "image-part-missing"] == ["cid:gone"]


def test_what_a_raw_message_does_wrong() -> None:
    raw = message(b"x" * 1200, Content_Type="text/plain")
    raw = b"Subject: twice\r\nX-Name: M\xfcller\r\n" + raw
    assert {"header-twice", "header-not-ascii", "line-too-long", "html-part-missing"} <= rules_of(
        from_bytes(raw, "x.eml")
    )


def test_an_encoded_subject_is_read_and_its_attack_named() -> None:
    assert from_bytes(message(b"", Subject="=?utf-8?b?w4RwZmVs?="), "x").subject == "Äpfel"
    attack = "Hi =?utf-8?q?=0d=0aBcc:_evil=40example.net?="
    assert "subject-unsafe" in rules_of(from_bytes(message(b"", Subject=attack), "x"))


def test_a_subject_whose_encoding_is_damaged_is_read_as_it_stands() -> None:
    assert from_bytes(message(b"", Subject="=?utf-8?b?w4RwZ?="), "x").subject == "=?utf-8?b?w4RwZ?="


SINS = {
    "newsletter": (
        '<html><body bgcolor=white><table width=600><tr><td><font size=1 color="#bbbbbb">View this '
        'email in your browser</font><a href="http://track.test/c?x=1"><img src=hero.jpg></a></td>'
        "</tr></table><p>Dear *|FNAME|*,<p>FREE!!! <a href=http://bit.ly/x>Click here</a></body>",
        {"table-role", "contrast-light", "image-not-https", "alt-missing", "link-not-https",
         "link-shortener", "link-text-vague", "tag-unresolved", "text-exclamation", "lang-missing",
         "font-small", "unsubscribe-missing", "preheader-missing", "title-missing"},
    ),
    "one image": ('<img src="https://a.test/all.png" usemap="#m">', {"image-only", "alt-missing"}),
    "word": (
        "<html xmlns:o='urn:x'><head><!--[if gte mso 9]><xml><o:p></o:p></xml><![endif]--></head>"
        "<body lang=EN-US><p class=MsoNormal><span style='font-size:8.0pt'>Small<o:p></o:p></span>"
        "</p></body></html>",
        {"font-small", "dir-missing"},
    ),
    "not closed": ("<!--[if mso]><p>hello<table><tr><td><a href='", {"conditional-comment-open"}),
    "nothing": ("   ", {"body-empty"}),
    "controls": ("<p>a\0b\x08\ufffe</p>", {"text-garbled"}),
}  # fmt: skip


@pytest.mark.parametrize("name", SINS)
def test_foreign_sins_are_named(name: str) -> None:
    html, sins = SINS[name]
    assert sins <= rules_of(from_html(html.encode(), name))


@pytest.mark.parametrize(
    "html",
    [
        "<div>" * 20_000,
        "<table><tr><td>" * 3_000 + "x",
        "<style>" + "a" * 50_000 + "{" * 10_000,
        "<style>" + ":not(" * 2_000 + "</style><p>x",
        "<style>@media x{" * 500 + "p{color:red}",
        '<p style="' + "color:rgb(" * 2_000 + '">x',
        "<a href='" + "%" * 10_000 + "'>" + "{" * 5_000,
        "{%" * 3_000 + "*|" * 3_000 + "[[" * 3_000 + "${" * 3_000,
        "<p>" + "Hello " * 20_000,
        "<p>" + "1,000.00 $" * 3_000 + " €" * 3_000,
        "&" * 20_000 + "<" * 20_000,
        "<img " * 5_000,
    ],
    ids=lambda html: html[:14],
)
def test_pathological_html_is_linted_in_seconds(html: str) -> None:
    code = "import sys; from penpal.lint.reading import from_html; from penpal.lint import lint; "
    code += "mail = from_html(sys.stdin.buffer.read(), 'x'); lint(mail)"
    done = subprocess.run(
        [sys.executable, "-c", code], input=html.encode(), capture_output=True, timeout=60,
        env={"PYTHONPATH": str(ROOT / "scripts")}, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]


@hypothesis_settings(max_examples=150, deadline=None)
@given(st.data())
def test_damaged_mail_never_crashes(data: st.DataObject) -> None:
    """Pieces of a good letter cut out, doubled, exchanged; in a message and alone."""
    raw = bytearray(GOOD)
    for _ in range(data.draw(st.integers(1, 6))):
        at, length = data.draw(st.integers(0, len(raw))), data.draw(st.integers(0, 80))
        piece = data.draw(st.sampled_from([b"", b"<", b">", b'"', b"\0", b"\xff", b"</p>", b"<style>",
                                           b"{{", b"\r\n\r\n", bytes(raw[at : at + length])]))  # fmt: skip
        raw[at : at + length] = piece * data.draw(st.integers(0, 3))
    encoding = data.draw(
        st.sampled_from(["7bit", "8bit", "base64", "quoted-printable", "x-unknown"])
    )
    kind = data.draw(st.sampled_from(["text/html", "text/html; charset=utf-16", "multipart/mixed",
                                      "multipart/alternative; boundary=p", "message/rfc822", "x"]))  # fmt: skip
    lint(from_html(bytes(raw), "x"))
    lint(
        from_bytes(message(bytes(raw), Content_Type=kind, Content_Transfer_Encoding=encoding), "x")
    )
    lint(from_bytes(bytes(raw), "x"))


# --- the program -------------------------------------------------------------------------------


def program(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, SCRIPT, *arguments], capture_output=True, text=True, check=False, cwd=ROOT
    )


def test_exit_codes_and_json(tmp_path: Path) -> None:
    bad = tmp_path / "a" / "bad.html"
    bad.parent.mkdir()
    bad.write_text("<html><body><script>x</script><p>Hello None,</p></body></html>")
    (tmp_path / "a" / "good.html").write_bytes(GOOD)
    done = program(tmp_path / "a", "--json")
    told = json.loads(done.stdout)
    assert done.returncode == 1, done.stderr
    assert [one["name"] for one in told["letters"]] == ["bad.html", "good.html"]
    assert {"element-script", "value-missing"} <= {
        f["rule"] for f in told["letters"][0]["findings"]
    }
    assert told["summary"]["letters"] == 2
    assert told["summary"]["error"] == told["letters"][0]["error"] > 0
    done = program(tmp_path / "a" / "good.html")
    assert done.returncode == 0, done.stdout
    assert "1 letter, 1 without error or warning" in done.stdout
    done = program(tmp_path / "none.eml")
    assert (done.returncode, done.stdout) == (2, "")
    assert "There is no letter" in done.stderr


def test_a_folder_without_letters_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"holds no \.eml"):
        list(read(tmp_path))
    (tmp_path / "a.parquet").write_bytes(b"no parquet")
    with pytest.raises(UserError, match="is no outbox file"):
        list(read(tmp_path))


def test_an_mbox_is_read_letter_by_letter(tmp_path: Path) -> None:
    one = b"From a@shop.test Mon Nov 30 10:00:00 2026\n" + message(b"Hello").replace(b"\r\n", b"\n")
    (tmp_path / "two.mbox").write_bytes(one + b"\n" + one)
    assert [mail.name for mail in read(tmp_path / "two.mbox")] == ["two.mbox#1", "two.mbox#2"]
