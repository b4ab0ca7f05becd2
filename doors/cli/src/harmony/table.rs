//! Tables in columns.

use crate::show::{self, dim, width};

/// Lines of cells: the head, then the rows. The last column may be of any width; columns without content are left out.
pub(super) fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let cell = |row: &[String], column: usize| row.get(column).cloned().unwrap_or_default();
    let widths: Vec<usize> = (0..head.len())
        .map(|column| rows.iter().map(|row| width(&cell(row, column))).max().unwrap_or(0))
        .collect();
    let line = |cells: &[String]| {
        let mut out = String::new();
        for (column, &widest) in widths.iter().enumerate().filter(|(_, widest)| **widest > 0) {
            let text = cell(cells, column);
            let room = widest.max(width(head[column]));
            out.push_str("  ");
            out.push_str(&text);
            out.push_str(&" ".repeat(room.saturating_sub(width(&text))));
        }
        out.trim_end().to_owned()
    };
    let head: Vec<String> = head.iter().map(|&text| text.to_owned()).collect();
    let mut out = dim(&line(&head)) + "\n";
    for row in rows {
        out.push_str(&line(row));
        out.push('\n');
    }
    out
}

/// `name  value` lines; empty values are left out.
pub(super) fn facts(facts: &[(&str, String)]) -> String {
    let widest = facts.iter().map(|fact| width(fact.0)).max().unwrap_or(0);
    let line = |(name, value): &(&str, String)| {
        let gap = " ".repeat(widest - width(name) + 2);
        format!("  {}{gap}{}\n", dim(name), show::wrapped_to(show::NARROW, value, widest + 4))
    };
    facts.iter().filter(|fact| !fact.1.is_empty()).map(line).collect()
}
