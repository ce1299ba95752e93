"""Answers that several indicators or the steps behind them give together: what is called, what became worse, what is spent."""
