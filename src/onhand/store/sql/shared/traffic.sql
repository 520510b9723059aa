-- name: note_traffic_door
INSERT INTO traffic_doors (shop, location, source, door, staff, first_at, last_at, heard_at)
VALUES (:shop, :location, :source, :door, :staff, :first_at, :last_at, :heard_at)
ON CONFLICT (shop, location, source, door) DO UPDATE SET
    staff = excluded.staff,
    first_at = CASE WHEN excluded.first_at < traffic_doors.first_at THEN excluded.first_at ELSE traffic_doors.first_at END,
    last_at = CASE WHEN excluded.last_at > traffic_doors.last_at THEN excluded.last_at ELSE traffic_doors.last_at END,
    heard_at = CASE WHEN excluded.heard_at > traffic_doors.heard_at THEN excluded.heard_at ELSE traffic_doors.heard_at END

-- name: traffic_doors
SELECT location, source, door, staff, first_at, last_at, heard_at FROM traffic_doors
WHERE shop = :shop ORDER BY location, source, door

-- name: set_traffic_staff
UPDATE traffic_doors SET staff = :staff WHERE shop = :shop AND location = :location AND source = :source AND door = :door

-- name: traffic_readings
SELECT mode, begin_at, end_at, mark, in_people, out_people, covered_ppm, daily, most, revision FROM traffic_readings
WHERE shop = :shop AND location = :location AND source = :source AND door = :door AND mode = :mode
    AND begin_at >= :since AND begin_at <= :until AND end_at >= :begin

-- name: traffic_counter_before
SELECT mode, begin_at, end_at, mark, in_people, out_people, covered_ppm, daily, most, revision FROM traffic_readings
WHERE shop = :shop AND location = :location AND source = :source AND door = :door AND mode = 'cumulative' AND begin_at < :at
ORDER BY begin_at DESC LIMIT 1

-- name: traffic_counter_after
SELECT mode, begin_at, end_at, mark, in_people, out_people, covered_ppm, daily, most, revision FROM traffic_readings
WHERE shop = :shop AND location = :location AND source = :source AND door = :door AND mode = 'cumulative' AND begin_at > :at
ORDER BY begin_at LIMIT 1

-- name: put_traffic_reading
INSERT INTO traffic_readings (
    shop, location, source, door, mode, begin_at, end_at, mark, in_people, out_people, covered_ppm, daily, most, revision
)
VALUES (
    :shop, :location, :source, :door, :mode, :begin_at, :end_at, :mark, :in_people, :out_people, :covered_ppm, :daily,
    :most, :revision
)
ON CONFLICT (shop, location, source, door, mode, begin_at, end_at, mark) DO UPDATE SET
    in_people = excluded.in_people, out_people = excluded.out_people, covered_ppm = excluded.covered_ppm,
    daily = excluded.daily, most = excluded.most, revision = excluded.revision

-- name: remove_traffic_bins
DELETE FROM traffic_bins
WHERE shop = :shop AND location = :location AND source = :source AND door = :door
    AND start_at >= :begin AND start_at < :end

-- name: put_traffic_bin
INSERT INTO traffic_bins (
    shop, location, start_at, source, door, in_people, out_people, covered_ppm, spread, at_least
)
VALUES (:shop, :location, :start_at, :source, :door, :in_people, :out_people, :covered_ppm, :spread, :at_least)

-- name: traffic_bins
SELECT source, door, start_at, in_people, out_people, covered_ppm, spread, at_least FROM traffic_bins
WHERE shop = :shop AND location = :location AND start_at >= :begin AND start_at < :end
ORDER BY start_at, source, door
