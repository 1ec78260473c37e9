"""Methods that forecast net sales, their backtest, and the forecasts by month, day and category."""
