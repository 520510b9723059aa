-- name: clear_census_levels
TRUNCATE census_levels

-- name: stage_census_level
COPY census_levels (
    item, location, level_id, active, counted,
    available, committed, reserved, damaged, quality_control, safety_stock, incoming, observed_at
) FROM STDIN
