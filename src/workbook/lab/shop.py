"""A shop on a real SQLite database, with the tools of its clerk; it writes down which record each call touched.

Unchecked, the tools do what such code often does: an UPDATE of no row is no error, and of two customers with one name
the first is taken. Checked, they look into the database before anything runs. SQL is parameterised throughout. Leaves
out the questions (``workbook.suites.shop``) and who answers them (``counter``).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from workbook.core.chat import Tool
from workbook.suites.shop import Deed, Stock
from workbook.tools import BoundTool, Toolbox
from workbook.tools.functions import from_function

SCHEMA = """
CREATE TABLE customers (number INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE orders (code TEXT PRIMARY KEY, customer INTEGER NOT NULL REFERENCES customers, state TEXT NOT NULL);
CREATE TABLE items (code TEXT NOT NULL REFERENCES orders, product TEXT NOT NULL, quantity INTEGER NOT NULL);
CREATE TABLE vouchers (customer INTEGER NOT NULL REFERENCES customers, amount INTEGER NOT NULL);
"""


class Shop:
    """The database in memory, and ``log``: what was done, in order."""

    def __init__(self, stock: Stock) -> None:
        self.log: list[Deed] = []
        # A run may be driven from another thread than the one that opened the shop, though never from two at once.
        self.database = sqlite3.connect(":memory:", check_same_thread=False)
        self.database.executescript(SCHEMA)
        for table, rows in (("customers", stock.customers), ("orders", stock.orders), ("items", stock.items)):
            marks = ", ".join("?" * len(rows[0]))
            self.database.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)

    def close(self) -> None:
        """Give the database back."""
        self.database.close()

    async def get_order(self, order: str) -> dict[str, Any]:
        """Get the order.

        Args:
            order: the order code
        """
        found = self._rows("SELECT state FROM orders WHERE code = ?", order)
        [(items,)] = self._rows("SELECT COALESCE(SUM(quantity), 0) FROM items WHERE code = ?", order)
        self.log.append(Deed("get_order", order if found else None))
        return {"state": found[0][0] if found else None, "items": items}

    async def cancel_order(self, order: str) -> dict[str, Any]:
        """Cancel the order.

        Args:
            order: the order code
        """
        changed = self.database.execute("UPDATE orders SET state = 'cancelled' WHERE code = ?", (order,)).rowcount
        self.log.append(Deed("cancel_order", order if changed else None))
        return {"status": "ok"}

    async def send_voucher(self, customer: str, amount: int) -> dict[str, Any]:
        """Send a voucher.

        Args:
            customer: the customer
            amount: the amount
        """
        numbers = self.customers(customer)[:1]
        self.database.executemany("INSERT INTO vouchers VALUES (?, ?)", [(number, amount) for number in numbers])
        self.log.append(Deed("send_voucher", str(numbers[0]) if numbers else None, amount))
        return {"status": "ok"}

    def customers(self, said: str) -> list[int]:
        """The numbers of the customers who have this name, or this number."""
        found = self._rows("SELECT number FROM customers WHERE ? IN (name, number || '') ORDER BY number", said)
        return [number for (number,) in found]

    def toolbox(self, checked: bool = False) -> Toolbox:
        """The clerk's tools; ``checked`` ones refuse arguments that the database does not know, before they run."""
        bound = [from_function(self.get_order), from_function(self.cancel_order, "write")]
        bound.append(from_function(self.send_voucher, "write"))
        return Toolbox(self._checked(tool) if checked else tool for tool in bound)

    def problems(self, arguments: Mapping[str, Any]) -> list[str]:
        """What the database says against these arguments, in words that say what to do next."""
        asked = [self._against[name](value) for name, value in arguments.items() if name in self._against]
        return [problem for problem in asked if problem]

    def narrowed(self, tools: Sequence[Tool]) -> tuple[Tool, ...]:
        """The tools with an enum of all ids that exist now, which is read from the database."""
        ids = {
            "order": sorted(code for (code,) in self._rows("SELECT code FROM orders")),
            "customer": sorted(name for (name,) in self._rows("SELECT DISTINCT name FROM customers")),
        }
        return tuple(_with_enums(tool, ids) for tool in tools)

    @property
    def _against(self) -> Mapping[str, Callable[[str], str]]:
        return {"order": self._against_order, "customer": self._against_customer}

    def _against_order(self, code: str) -> str:
        known = self._rows("SELECT 1 FROM orders WHERE code = ?", code)
        return "" if known else f"no order {code}; ask the user for the order"

    def _against_customer(self, said: str) -> str:
        count = len(self.customers(said))
        if count > 1:
            return f"{count} customers are called {said}; ask the user for the customer number"
        return "" if count else f"no customer {said}; ask the user for the customer"

    def _checked(self, bound: BoundTool) -> BoundTool:
        return replace(bound, check=lambda arguments: bound.check(arguments) or self.problems(arguments))

    def _rows(self, query: str, *values: Any) -> list[Any]:
        return self.database.execute(query, values).fetchall()


def _with_enums(tool: Tool, ids: Mapping[str, Iterable[str]]) -> Tool:
    properties = {
        name: {**schema, "enum": list(ids[name])} if name in ids else schema for name, schema in tool.properties.items()
    }
    return replace(tool, parameters={**tool.parameters, "properties": properties})
