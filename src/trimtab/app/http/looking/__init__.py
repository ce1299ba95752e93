"""For people who look through sessions: what they tell of one, what waits for them, counts to filter by, filters they keep."""
