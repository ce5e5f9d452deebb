"""The charts of a report, and the tables behind them."""
