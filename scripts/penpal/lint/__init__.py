"""Lint of letters as their readers get them: rules are in rules.csv, docs/lint.md explains them."""

from penpal.lint.findings import Finding
from penpal.lint.letter import lint, lint_letter
from penpal.lint.mail import Against, Catalog, Mail

__all__ = ["Against", "Catalog", "Finding", "Mail", "lint", "lint_letter"]
