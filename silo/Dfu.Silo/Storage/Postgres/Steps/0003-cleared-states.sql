-- A cleared state keeps its row, and so its version, until nobody can know that version any more; retention finds such rows by this.
CREATE INDEX dfu_state_cleared ON dfu_state (changed) WHERE payload IS NULL;
