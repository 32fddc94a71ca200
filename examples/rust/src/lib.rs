use pyo3::prelude::*;

/// The sum of prices in cents.
#[pyfunction]
fn total(prices: Vec<u64>) -> u64 {
    prices.iter().sum()
}

#[pymodule]
fn _prices(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_function(wrap_pyfunction!(total, m)?)
}
