"""Rows in and out as CSV, on django-import-export: what an import would do to each row and why, and then all of it.

A file of 100,000 rows is read in chunks; each takes one query for the rows that are there and one for each kind of
name, and what changed is written by one statement. Only the first rows of each kind are kept for the page.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import DatabaseError, InterfaceError, OperationalError, connection, models, transaction
from django.utils import timezone
from import_export import resources
from import_export.fields import Field
from import_export.results import Result, RowResult

from dgx.core.csv_cells import Cell, NameWidget
from dgx.core.csv_export import copied_lines
from dgx.core.csv_file import CELL_MAX, CsvFile, read_csv
from dgx.core.errors import Forbidden, Refusal
from dgx.core.scope import changeable, is_limited, manager_of, may_add

CHUNK = 2_000
KEPT = 100
"""Rows of each kind that a result keeps for the page."""

NEW, CHANGED, UNCHANGED, WRONG = "new", "changed", "unchanged", "wrong"
_KIND = {
    RowResult.IMPORT_TYPE_NEW: NEW,
    RowResult.IMPORT_TYPE_UPDATE: CHANGED,
    RowResult.IMPORT_TYPE_SKIP: UNCHANGED,
    RowResult.IMPORT_TYPE_INVALID: WRONG,
    RowResult.IMPORT_TYPE_ERROR: WRONG,
}


@dataclass(frozen=True)
class Line:
    """What becomes of one row: its line in the file, what it is about, and the reasons or the changes."""

    number: int
    name: str
    said: Sequence[tuple[str, str]] = ()
    """Of a wrong row (column, why); of a changed or new one (column, “old → new”)."""


class _Row(RowResult):
    """A row's result without the row in words, which for some models would be a query each."""

    def add_instance_info(self, instance: Any) -> None:
        """Nothing: what the row is about stands in the file."""


class Outcome(Result):
    """A result that counts all rows and keeps the first of each kind."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: dict[str, list[Line]] = {WRONG: [], NEW: [], CHANGED: [], UNCHANGED: []}
        self.counts = dict.fromkeys(self.lines, 0)

    def note(self, kind: str, line: Callable[[], Line]) -> None:
        """Count a row, and keep it while there is room."""
        self.counts[kind] += 1
        if len(self.lines[kind]) < KEPT:
            self.lines[kind].append(line())

    def increment_row_result_total(self, row_result: RowResult) -> None:
        """Counted by `note`."""

    def append_row_result(self, row_result: RowResult) -> None:
        """Kept by `note`; 100,000 results would be most of the memory."""

    def append_invalid_row(self, number: int, row: Any, validation_error: Any) -> None:
        """Likewise."""

    def append_error_row(self, number: int, row: Any, errors: Any) -> None:
        """Likewise."""

    def has_validation_errors(self) -> bool:
        """A row is wrong."""
        return self.counts[WRONG] > 0

    @property
    def refusals(self) -> list[str]:
        """What is wrong with the file as a whole, in words."""
        return [_why(error.error) for error in self.base_errors]

    @property
    def writes(self) -> int:
        """Rows that are new or changed."""
        return self.counts[NEW] + self.counts[CHANGED]

    def in_words(self) -> str:
        """“3 new, 2 changed, 95 unchanged, 1 wrong”."""
        return ", ".join(f"{self.counts[kind]:,} {kind}" for kind in (NEW, CHANGED, UNCHANGED, WRONG))


@dataclass
class _State:
    """What one import knows while it runs."""

    now: datetime
    user: Any = None
    known: dict[Any, Any] = field(default_factory=dict)
    changeable: set[int] | None = None
    seen: dict[Any, int] = field(default_factory=dict)
    changes: list[tuple[str, Any, str]] = field(default_factory=list)
    written: list[int] = field(default_factory=list)


class CsvResource(resources.ModelResource):
    """A model's rows by their natural key. Subclasses declare the columns; `keys` are those that name a row."""

    keys: ClassVar[Sequence[str]]
    optional_keys: ClassVar[Sequence[str]] = ()
    """Keys that a file may leave out; then they are empty."""

    class Meta:
        use_bulk = True
        batch_size = 5_000
        skip_diff = True  # `skip_row` compares; the library's own comparison would copy each row
        report_skipped = False

    @classmethod
    def columns(cls) -> list[str]:
        """The columns in their order."""
        return list(cls._meta.fields)

    @classmethod
    def read(cls, data: bytes) -> CsvFile:
        """The file's rows. Raises Invalid."""
        needed = [key for key in cls.keys if key not in cls.optional_keys]
        return read_csv(data, known=cls.columns(), required=needed).with_columns(cls.optional_keys)

    def __init__(self, *, user: Any = None, only: Sequence[str] = ()) -> None:
        super().__init__()
        self.state = _State(timezone.now(), user)
        self.given = [name for name in self.fields if name in only]
        self._attributes = [(name, self.fields[name].attribute) for name in self.given]
        attributes = {attribute for _name, attribute in self._attributes}
        columns = [f for f in self._meta.model._meta.fields if f.attname in attributes]
        self._checked = [f for f in columns if not isinstance(f, models.ForeignKey)]  # names were looked up

    def get_result_class(self) -> Callable[[], Outcome]:
        return lambda: self.outcome

    def get_row_result_class(self) -> type[RowResult]:
        return _Row

    def get_import_order(self) -> list[str]:
        return self.given

    def get_diff_headers(self) -> list[str]:
        return list(self.given)

    # ---- what is there

    def key_of(self, row: Mapping[str, str]) -> Any:
        """What names the row, from its cells; None where that cannot be read."""
        return row[self.keys[0]] or None

    def find(self, file: CsvFile, first: int, count: int) -> Iterable[tuple[Any, Any]]:
        """The rows that are there for a chunk of the file, each with its key."""
        name = self.keys[0]
        names = file.column(name, first, count)
        return ((getattr(row, name), row) for row in self.locked(self.rows().filter(**{f"{name}__in": names})))

    def rows(self) -> Any:
        """All rows of the model, whoever may change them."""
        return manager_of(self._meta.model).all()

    def locked(self, rows: Any) -> Any:
        """The rows, locked where they are about to be changed."""
        return rows.order_by("pk").select_for_update(no_key=True) if self._is_real else rows

    def before_import(self, dataset: CsvFile, **kwargs: Any) -> None:
        self.file = dataset

    def _load(self, first: int) -> None:
        """Read what the next chunk of the file is about."""
        for each in self.fields.values():
            if isinstance(each.widget, NameWidget) and each.column_name in self.file.headers:
                each.widget.load(self.file.column(each.column_name, first, CHUNK), self.state.user)
        self.state.known = dict(self.find(self.file, first, CHUNK))
        if is_limited(self.state.user):
            keys = [row.pk for row in self.state.known.values()]
            theirs = changeable(self.rows(), self.state.user).filter(pk__in=keys)
            self.state.changeable = set(theirs.values_list("pk", flat=True))

    # ---- one row

    def before_import_row(self, row: Mapping[str, str], **kwargs: Any) -> None:
        place = kwargs["row_number"] - 1
        self.state.changes = []
        cells = self.file.rows[place]
        if len(cells) != len(self.file.headers):
            raise ValidationError(f"It has {len(cells)} cells; the header has {len(self.file.headers)}.")
        if long := [name for name, cell in row.items() if len(cell) > CELL_MAX]:
            raise ValidationError({long[0]: f"Longer than {CELL_MAX:,} characters."})
        key = self.key_of(row)
        if key is not None and self.state.seen.setdefault(key, place) != place:
            line = self.file.lines[self.state.seen[key]]
            raise ValidationError(f"Line {line} is about the same.")

    def import_instance(self, instance: Any, row: Mapping[str, str], **kwargs: Any) -> None:
        """The cells into the instance; what cannot be read is raised together, each at its column."""
        errors: dict[str, Any] = {}
        for name, attribute in self._attributes:
            each = self.fields[name]
            try:
                value = each.widget.clean(row[name])
            except ValueError as error:
                errors[attribute] = ValidationError(str(error), code="invalid")
            else:
                if value is not None or each.saves_null_values:
                    setattr(instance, attribute, value)
        if errors:
            raise ValidationError(errors)

    def get_instance(self, instance_loader: Any, row: Mapping[str, str]) -> Any:
        return self.state.known.get(self.key_of(row))

    def after_init_instance(self, instance: Any, new: bool, row: Any, **kwargs: Any) -> None:
        if new and not may_add(self._meta.model, self.state.user):
            raise ValidationError("You are limited to some shops and cannot add this.")
        if not new and self.state.changeable is not None and instance.pk not in self.state.changeable:
            raise ValidationError("It is there already, beyond the shops that you are limited to.")
        self.is_new = new
        self._before = [getattr(instance, attribute) for _name, attribute in self._attributes]

    def skip_row(self, instance: Any, original: Any, row: Any, import_validation_errors: Any = None) -> bool:
        """Whether nothing changes; notes what does."""
        if import_validation_errors:
            return False
        now = [getattr(instance, attribute) for _name, attribute in self._attributes]
        self.state.changes = [
            (name, old, row[name])
            for (name, _attribute), old, new in zip(self._attributes, self._before, now, strict=True)
            if (row[name] if self.is_new else old != new)
        ]
        return not self.is_new and not self.state.changes

    def _said(self) -> list[tuple[str, str]]:
        """What changes, in words, the old as the file would have it."""
        if self.is_new:
            return [(name, new) for name, _old, new in self.state.changes]
        shown = ((name, self.fields[name].widget.render(old), new) for name, old, new in self.state.changes)
        return [(name, f"{old or '(empty)'} → {new or '(empty)'}") for name, old, new in shown]

    def validate_instance(
        self, instance: Any, import_validation_errors: Any = None, validate_unique: bool = True
    ) -> None:
        """The fields' own rules and the model's. Names were looked up and keys are unique in the file, so nothing here
        queries; the database's constraints have the last word."""
        errors = dict(import_validation_errors or {})
        for each in self._checked:
            value = getattr(instance, each.attname)
            if each.name not in errors and not (each.blank and value in each.empty_values):
                try:
                    each.clean(value, instance)
                except ValidationError as error:
                    errors[each.name] = error.error_list
        if not errors:
            self.check(instance)
        if errors:
            raise ValidationError(errors)

    def check(self, instance: Any) -> None:
        """Rules that concern more than one field. Raises ValidationError."""
        instance.clean()

    def import_row(self, row: Any, instance_loader: Any, **kwargs: Any) -> RowResult:
        """One row. All queries are made out here: what the library catches within makes the row a wrong one."""
        place = kwargs["row_number"] - 1
        if place % CHUNK == 0:
            self._is_real = not kwargs["dry_run"]
            self._load(place)
        result = super().import_row(row, instance_loader, **kwargs)
        kind = _KIND[result.import_type]
        said = self._said if kind != WRONG else lambda: self._reasons(result)
        number = self.file.lines[place]
        self.outcome.note(kind, lambda: Line(number, self.named(row), said()))
        return result

    def named(self, row: Mapping[str, str]) -> str:
        """What the row is about, for a person."""
        return " · ".join(row[key] for key in self.keys if row.get(key))

    def _reasons(self, result: RowResult) -> list[tuple[str, str]]:
        error: Any = result.validation_error
        if error is None:
            return [("", _why(result.errors[0].error))]
        found = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
        columns = {self.fields[name].attribute: name for name in self.fields}
        return [
            ("" if name == NON_FIELD_ERRORS else columns.get(name, columns.get(f"{name}_id", name)), message)
            for name, messages in found.items()
            for message in messages
        ]

    # ---- all rows

    def import_data_inner(self, dataset: CsvFile, *args: Any, **kwargs: Any) -> Outcome:
        self.outcome = Outcome()
        result: Outcome = super().import_data_inner(dataset, *args, **kwargs)
        return result

    def handle_import_error(self, result: Outcome, error: Exception, raise_errors: bool = False) -> None:
        """Keeps what is wrong with the file; a database that fails says nothing about it, and is raised."""
        if isinstance(error, OperationalError | InterfaceError):
            raise error
        super().handle_import_error(result, error, raise_errors)

    def bulk_create(self, using_transactions: bool, dry_run: bool, raise_errors: bool, **kwargs: Any) -> None:
        rows, self.create_instances[:] = list(self.create_instances), []
        if rows and not dry_run:
            self._write(kwargs["result"], raise_errors, lambda: self._insert(rows))

    def bulk_update(self, using_transactions: bool, dry_run: bool, raise_errors: bool, **kwargs: Any) -> None:
        rows, self.update_instances[:] = list(self.update_instances), []
        if rows and not dry_run:
            self._write(kwargs["result"], raise_errors, lambda: self._update(rows))

    def _write(self, result: Outcome, raise_errors: bool, write: Callable[[], Iterable[int]]) -> None:
        if result.base_errors:  # the transaction is over already
            return
        try:
            with transaction.atomic():
                self.state.written += write()
        except (DatabaseError, Refusal) as error:
            self.handle_import_error(result, error, raise_errors)

    def _insert(self, rows: Sequence[Any]) -> Iterable[int]:
        return [row.pk for row in manager_of(self._meta.model).bulk_create(rows)]

    def _update(self, rows: Sequence[Any]) -> Iterable[int]:
        """One statement for all: Django's bulk_update would make a CASE of each row and field."""
        opts = self._meta.model._meta
        attributes = [attribute for name, attribute in self._attributes if name not in self.keys]
        fields = [f for f in opts.concrete_fields if f.attname in attributes]
        quote = connection.ops.quote_name
        names = [quote(f.column) for f in fields]
        table = quote(opts.db_table)
        with connection.cursor() as cursor:
            empty = f"SELECT id, {', '.join(names)} FROM {table} LIMIT 0"  # noqa: S608 — the model's own names
            cursor.execute(f"DROP TABLE IF EXISTS csv_row; CREATE TEMPORARY TABLE csv_row ON COMMIT DROP AS {empty}")
            into = f"COPY csv_row (id, {', '.join(names)}) FROM STDIN"
            with connection.wrap_database_errors, cursor.copy(into) as copy:  # Django wraps no errors of COPY itself
                for row in rows:
                    copy.write_row([row.pk, *(getattr(row, f.attname) for f in fields)])
            cursor.execute(
                f"UPDATE {table} t SET {', '.join(f'{n} = s.{n}' for n in names)}, updated_at = %s "  # noqa: S608
                "FROM csv_row s WHERE s.id = t.id",
                [self.state.now],
            )
        return [row.pk for row in rows]

    @classmethod
    def export(cls, rows: models.QuerySet[Any]) -> Iterator[bytes]:
        """The rows as lines of CSV that an import takes again, by PostgreSQL's COPY; memory stays flat."""
        keys = [str(cls.fields[key].attribute) for key in cls.keys]
        cells = [cls.fields[name].widget.sql(name) for name in cls.columns()]
        picked = manager_of(cls._meta.model).filter(pk__in=rows.order_by().values("pk")).order_by(*keys, "pk")
        return copied_lines(cls.columns(), picked.values_list(*cells))

    def after_import(self, dataset: CsvFile, result: Outcome, **kwargs: Any) -> None:
        """Nobody moves rows out of their own shops, nor makes any outside of them."""
        if is_limited(self.state.user) and self.state.written:
            theirs = changeable(self.rows(), self.state.user).filter(pk__in=self.state.written).count()
            if theirs != len(self.state.written):
                raise Forbidden("You are limited to some shops; the file would change what is beyond them.")


def _why(error: Exception) -> str:
    """An error in words."""
    if isinstance(error, Refusal):
        return error.message
    diagnosis: Any = getattr(error.__cause__, "diag", None)
    detail = getattr(diagnosis, "message_detail", None) or getattr(diagnosis, "message_primary", None)
    return f"The database refuses it: {detail}" if detail else str(error)


def column(attribute: str, widget: Cell, *, keeps: bool = False) -> Field:
    """A column that goes into `attribute`; with `keeps` an empty cell leaves what is there."""
    return Field(attribute=attribute, widget=widget, saves_null_values=not keeps)
