"""How good the customer map is: against a truth, without one, by labelled samples."""
