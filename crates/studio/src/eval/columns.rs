//! What a model is shown and what it should answer, as columns of numbers: the input of training.

/// Columns of equal length, a row an example (or a step of one).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Columns(Vec<Column>);

/// One column: `width` numbers a row.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Its name; a file name when it is written.
    pub name: &'static str,
    /// Numbers a row.
    pub width: usize,
    /// All rows, one after the other. Indices are whole numbers.
    pub values: Vec<f32>,
}

impl Columns {
    /// Empty columns of these names and widths.
    #[must_use]
    pub fn new(columns: &[(&'static str, usize)]) -> Self {
        Self(columns.iter().map(|&(name, width)| Column { name, width, values: Vec::new() }).collect())
    }

    /// Adds a row: what each column holds, in their order.
    ///
    /// # Panics
    ///
    /// Where there are other than as many slices as columns, or one has another length than its column is wide.
    pub fn push(&mut self, row: &[&[f32]]) {
        assert_eq!(row.len(), self.0.len(), "a row has as many parts as there are columns");
        for (column, values) in self.0.iter_mut().zip(row) {
            assert_eq!(values.len(), column.width, "column {}", column.name);
            column.values.extend_from_slice(values);
        }
    }

    /// The columns.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        &self.0
    }

    /// How many rows there are.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.0.first().map_or(0, |column| column.values.len() / column.width.max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_kept_in_their_order() {
        let mut columns = Columns::new(&[("x", 2), ("y", 1)]);
        columns.push(&[&[1.0, 2.0], &[3.0]]);
        columns.push(&[&[4.0, 5.0], &[6.0]]);
        assert_eq!((columns.rows(), &columns.columns()[0].values[..]), (2, &[1.0, 2.0, 4.0, 5.0][..]));
    }

    #[test]
    #[should_panic(expected = "column x")]
    fn a_row_of_another_width_is_a_fault() {
        Columns::new(&[("x", 2)]).push(&[&[1.0]]);
    }
}
