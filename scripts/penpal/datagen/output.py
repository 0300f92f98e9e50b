"""Writes tables so that nobody ever sees half an output."""

import csv
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

CONTRACT = {
    "crm.contacts": """contact_id email additional_emails first_name last_name phone mobile_phone
        street_address city region postal_code country birth_date gender language timezone
        created_at updated_at merged_contact_ids is_deleted loaded_at""",
    "crm.consents": """consent_id email purpose status occurred_at source wording_version
        wording_sha256 loaded_at""",
    "crm.surveys": "response_id email question answer submitted_at",
    "crm.enrichment": "email attribute value provider observed_at",
    "web.events": """message_id type event anonymous_id user_id original_timestamp sent_at
        received_at timestamp page_url page_referrer user_agent properties traits context""",
    "shop.customers": """customer_id email phone first_name last_name street_address city region
        postal_code country created_at updated_at""",
    "shop.orders": """order_id customer_id email phone status currency subtotal discount shipping
        tax total discount_code cart_id ship_first_name ship_last_name ship_street_address ship_city
        ship_region ship_postal_code ship_country created_at updated_at loaded_at""",
    "shop.order_lines": "order_line_id order_id product_id quantity unit_price discount",
    "shop.products": """product_id name category brand tags price currency image_url url in_stock
        updated_at""",
    "shop.checkouts": """checkout_id cart_id email phone anonymous_id created_at completed_at
        recovery_url""",
    "email.events": """event_id message_id email event occurred_at received_at url bounce_type
        is_machine_open user_agent""",
    "email.messages": "message_id email campaign sent_at customer_id variant template",
    "truth.records": "source_table record_id person_id",
    "truth.web_events": "message_id person_id",
    "truth.persons": """person_id household_id first_name last_name former_last_name birth_date
        gender country timezone email""",
    "truth.planted": "kind value person_id",
}
COLUMNS = {table: columns.split() for table, columns in CONTRACT.items()}
COMPRESSION = "zstd"


class OutputError(Exception):
    """The output cannot be written there; the message says why and what to do."""


def begin_lake(out: Path) -> Path:
    """A fresh folder beside the output, to be renamed when all is there."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise OutputError(f"{out} is not an empty folder; give a new one, or empty it first.")
    out.parent.mkdir(parents=True, exist_ok=True)
    draft = out.parent / f".{out.name}.part-{os.getpid()}"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir()
    return draft


def finish_lake(draft: Path, out: Path) -> None:
    """The draft takes the output's place."""
    if out.exists():
        out.rmdir()
    draft.rename(out)


def write_part(folder: Path, name: str, table: pa.Table, part: int, form: str) -> None:
    """One file of a table of the lake."""
    source, short = name.split(".")
    target = folder / source / short / f"part-{part:05}.{form}"
    target.parent.mkdir(parents=True, exist_ok=True)
    table = table.select(COLUMNS[name])
    if form == "parquet":
        pa.parquet.write_table(table, target, compression=COMPRESSION, compression_level=1)
    else:
        pa.csv.write_csv(table, target)


def write_seeds(tables: dict[str, Iterable[pa.Table]], out: Path, truth: Path) -> None:
    """One CSV a table, quoted only where needed, each replaced at once."""
    for name, columns in COLUMNS.items():
        source, short = name.split(".")
        folder = truth if source == "truth" else out
        file = f"sample_truth_{short}.csv" if source == "truth" else f"raw_{source}__{short}.csv"
        folder.mkdir(parents=True, exist_ok=True)
        draft = folder / f".{file}.part"
        with draft.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(columns)
            for table in tables[name]:
                writer.writerows(zip(*(table[c].to_pylist() for c in columns), strict=True))
        draft.replace(folder / file)


def drop(draft: Path) -> None:
    """Removes what could not be finished."""
    shutil.rmtree(draft, ignore_errors=True)
