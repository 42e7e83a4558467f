//! The types of PostgreSQL that values have here, by their names and numbers (pg_type).

use std::fmt;

/// What a value is, or each element of an array.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Base {
    Bool,
    Bytea,
    Int2,
    Int4,
    Int8,
    Oid,
    Float4,
    Float8,
    Numeric,
    /// Characters, under several names.
    Text,
    Json,
    Jsonb,
    Uuid,
    Date,
    Time,
    Timestamp,
    TimestampTz,
    Interval,
    Void,
}

/// A type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Type {
    row: &'static Row,
    /// An array of them.
    pub(super) array: bool,
}

#[derive(Debug, PartialEq, Eq)]
struct Row {
    name: &'static str,
    base: Base,
    oid: u32,
    array_oid: u32,
    size: i16,
    /// Other names, as SQL has them.
    others: &'static [&'static str],
}

const fn row(name: &'static str, base: Base, oid: u32, array_oid: u32, size: i16) -> Row {
    Row { name, base, oid, array_oid, size, others: &[] }
}

static ROWS: &[Row] = &[
    Row { others: &["boolean"], ..row("bool", Base::Bool, 16, 1000, 1) },
    row("bytea", Base::Bytea, 17, 1001, -1),
    row("\"char\"", Base::Text, 18, 1002, 1),
    row("name", Base::Text, 19, 1003, 64),
    Row { others: &["bigint"], ..row("int8", Base::Int8, 20, 1016, 8) },
    Row { others: &["smallint"], ..row("int2", Base::Int2, 21, 1005, 2) },
    Row { others: &["integer", "int"], ..row("int4", Base::Int4, 23, 1007, 4) },
    row("text", Base::Text, 25, 1009, -1),
    row("oid", Base::Oid, 26, 1028, 4),
    row("json", Base::Json, 114, 199, -1),
    Row { others: &["real"], ..row("float4", Base::Float4, 700, 1021, 4) },
    Row { others: &["double precision", "float"], ..row("float8", Base::Float8, 701, 1022, 8) },
    Row { others: &["character", "char"], ..row("bpchar", Base::Text, 1042, 1014, -1) },
    Row { others: &["character varying"], ..row("varchar", Base::Text, 1043, 1015, -1) },
    row("date", Base::Date, 1082, 1182, 4),
    Row { others: &["time without time zone"], ..row("time", Base::Time, 1083, 1183, 8) },
    Row {
        others: &["timestamp without time zone"],
        ..row("timestamp", Base::Timestamp, 1114, 1115, 8)
    },
    Row {
        others: &["timestamp with time zone"],
        ..row("timestamptz", Base::TimestampTz, 1184, 1185, 8)
    },
    row("interval", Base::Interval, 1186, 1187, 16),
    Row { others: &["decimal"], ..row("numeric", Base::Numeric, 1700, 1231, -1) },
    row("void", Base::Void, 2278, 0, 4),
    row("uuid", Base::Uuid, 2950, 2951, 16),
    row("jsonb", Base::Jsonb, 3802, 3807, -1),
];

impl Type {
    pub(super) const TEXT: Self = Self { row: &ROWS[7], array: false };

    /// The type of this base with the usual name.
    pub(super) fn of(base: Base) -> Self {
        let text = base == Base::Text;
        let found = ROWS.iter().find(|row| row.base == base && !text);
        found.map_or(Self::TEXT, |row| Self { row, array: false })
    }

    /// The type of this name, as SQL has it: `int4`, `integer`, `text[]`, `_text`.
    pub(super) fn named(name: &str) -> Option<Self> {
        let name = name.trim().to_ascii_lowercase();
        let of_array = name.strip_suffix("[]").or(name.strip_prefix('_'));
        let single = of_array.unwrap_or(&name);
        let row = ROWS.iter().find(|row| row.name == single || row.others.contains(&single))?;
        let array = of_array.is_some();
        (!array || row.array_oid != 0).then_some(Self { row, array })
    }

    /// The type of this number.
    pub(super) fn numbered(oid: u32) -> Option<Self> {
        let is = |row: &&Row| row.oid == oid || (row.array_oid == oid && oid != 0);
        ROWS.iter().find(is).map(|row| Self { row, array: row.oid != oid })
    }

    /// An array of these; of arrays too, since those have any number of dimensions.
    pub(super) fn in_array(self) -> Self {
        Self { array: true, ..self }
    }

    /// What an element is.
    pub(super) fn element(self) -> Self {
        Self { array: false, ..self }
    }

    pub(super) fn base(self) -> Base {
        self.row.base
    }

    pub(super) fn oid(self) -> u32 {
        if self.array { self.row.array_oid } else { self.row.oid }
    }

    /// How many bytes a value has; -1 if that depends.
    pub(super) fn size(self) -> i16 {
        if self.array { -1 } else { self.row.size }
    }

    /// All names, for people.
    pub(super) fn names() -> String {
        let names: Vec<&str> = ROWS.iter().map(|row| row.name).collect();
        format!("{}, and arrays of them: `int4[]`", names.join(", "))
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.row.name, if self.array { "[]" } else { "" })
    }
}
