"""Chains of links inside one customer: the strongest one between two of its records."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterable

from penpal.identity.evidence import Row, strength

# A record is its key; an identifier is its type, its value, and the group of names that it binds.
Node = str | tuple[str, str, str]
Neighbours = dict[Node, list[tuple[Node, Row]]]


def ends(link: Row) -> tuple[Node, Node]:
    """The two nodes that a row of identity_edges joins."""
    if link["other_record_key"] is not None:
        return link["record_key"], link["other_record_key"]
    value = (link["identifier_type"], link["identifier_value"], link.get("group_key") or "")
    return link["record_key"], value


def neighbours_of(links: Iterable[Row]) -> Neighbours:
    found: Neighbours = {}
    for link in links:
        one, other = ends(link)
        found.setdefault(one, []).append((other, link))
        found.setdefault(other, []).append((one, link))
    return found


def strongest_chain(
    links: Iterable[Row], start: set[Node], goal: set[Node]
) -> list[tuple[Node, Row, Node]] | None:
    """The chain whose weakest link is the strongest possible; the shortest of those.

    Returns its steps (from, link, to), [] where start and goal meet, None where no chain is.
    """
    if start & goal:
        return []
    neighbours = neighbours_of(links)
    floor = widest(neighbours, start, goal)
    if floor is None:
        return None
    came: dict[Node, tuple[Node, Row] | None] = dict.fromkeys(sorted(start, key=str))
    queue = deque(came)
    while queue:
        node = queue.popleft()
        if node in goal:
            return walk_back(came, node)
        for other, link in neighbours.get(node, []):
            if other not in came and strength(link) >= floor:
                came[other] = (node, link)
                queue.append(other)
    return None


def widest(neighbours: Neighbours, start: set[Node], goal: set[Node]) -> tuple[float, float] | None:
    """The strength of the weakest link on the strongest chain (Dijkstra, maximum of minima)."""
    best = dict.fromkeys(start, (float("inf"), 0.0))
    heap = [(-width[0], -width[1], str(node), node) for node, width in best.items()]
    heapq.heapify(heap)
    while heap:
        kind, score, _, node = heapq.heappop(heap)
        width = (-kind, -score)
        if node in goal:
            return width
        if width < best[node]:
            continue
        for other, link in neighbours.get(node, []):
            reached = min(width, strength(link))
            if other not in best or reached > best[other]:
                best[other] = reached
                heapq.heappush(heap, (-reached[0], -reached[1], str(other), other))
    return None


def walk_back(
    came: dict[Node, tuple[Node, Row] | None], node: Node
) -> list[tuple[Node, Row, Node]]:
    steps = []
    while (step := came[node]) is not None:
        before, link = step
        steps.append((before, link, node))
        node = before
    return steps[::-1]


def node_name(node: Node) -> str:
    """A node as people read it: crm.contacts:C1, or `email anna@shop.example`."""
    return node if isinstance(node, str) else f"{node[0]} {node[1]}"
