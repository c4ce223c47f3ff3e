"""The statements of `makefleet`, filled by str.format with numbers and instants of our own.

`shop`, `group`, `device` and `video` are the first keys of the new rows. A device's fate, in `fleet_fate`, says what
its presence looks like.
"""

GOLDEN = "0.6180339887498949"

KINDS = (
    """
DROP TABLE IF EXISTS fleet_city, fleet_fate;

CREATE TEMPORARY TABLE fleet_city ON COMMIT DROP AS
SELECT * FROM (VALUES
    (0, 'Lisbon', 'Europe/Lisbon', 38.72, -9.14), (1, 'Berlin', 'Europe/Berlin', 52.52, 13.40),
    (2, 'Toronto', 'America/Toronto', 43.65, -79.38), (3, 'Lyon', 'Europe/Paris', 45.76, 4.84),
    (4, 'Milan', 'Europe/Rome', 45.46, 9.19), (5, 'Madrid', 'Europe/Madrid', 40.42, -3.70),
    (6, 'Warsaw', 'Europe/Warsaw', 52.23, 21.01), (7, 'Vienna', 'Europe/Vienna', 48.21, 16.37),
    (8, 'Prague', 'Europe/Prague', 50.08, 14.44), (9, 'Athens', 'Europe/Athens', 37.98, 23.73),
    (10, 'Dublin', 'Europe/Dublin', 53.35, -6.26), (11, 'Oslo', 'Europe/Oslo', 59.91, 10.75),
    (12, 'Helsinki', 'Europe/Helsinki', 60.17, 24.94), (13, 'Chicago', 'America/Chicago', 41.88, -87.63),
    (14, 'Denver', 'America/Denver', 39.74, -104.99), (15, 'São Paulo', 'America/Sao_Paulo', -23.55, -46.63),
    (16, 'Cape Town', 'Africa/Johannesburg', -33.92, 18.42), (17, 'Nairobi', 'Africa/Nairobi', -1.29, 36.82),
    (18, 'Mumbai', 'Asia/Kolkata', 19.08, 72.88), (19, 'Singapore', 'Asia/Singapore', 1.35, 103.82),
    (20, 'Osaka', 'Asia/Tokyo', 34.69, 135.50), (21, 'Sydney', 'Australia/Sydney', -33.87, 151.21),
    (22, 'Auckland', 'Pacific/Auckland', -36.85, 174.76), (23, 'Honolulu', 'Pacific/Honolulu', 21.31, -157.86)
) AS c(place, city, zone, latitude, longitude);

CREATE TEMPORARY TABLE fleet_fate ON COMMIT DROP AS
SELECT n, {device} + n AS id, share,
       CASE WHEN share < 0.008 THEN 'never' WHEN share < 0.013 THEN 'retired' WHEN share < 0.037 THEN 'offline'
            WHEN share < 0.045 THEN 'late' WHEN share < 0.053 THEN 'behind' WHEN share < 0.057 THEN 'hot'
            WHEN share < 0.058 THEN 'unstable' WHEN share < 0.059 THEN 'clock' WHEN share < 0.060 THEN 'full'
            ELSE 'online' END AS fate
  FROM generate_series(0, {devices} - 1) n, LATERAL (SELECT (n * """
    + GOLDEN
    + """) % 1 AS share) s;
ANALYZE fleet_fate;
"""
)

SHOPS = (
    """
INSERT INTO locations_shop (id, public_id, name, code, address, timezone, latitude, longitude, created_at)
SELECT {shop} + n, gen_random_uuid(), 'Fleet ' || city || ' ' || lpad(({shop} + n)::text, 4, '0'),
       'F-' || lpad(({shop} + n)::text, 4, '0'), (1 + n % 240) || ' High Street' || E'\\n' || city, zone,
       greatest(-60, least(70, latitude + 1.6 * ((n * """
    + GOLDEN
    + """) % 1 - 0.5))),
       longitude + 2.2 * ((n * 0.7548776662) % 1 - 0.5), {now} - interval '1 day' * (n % 900)
  FROM generate_series(0, {shops} - 1) n JOIN fleet_city c ON c.place = n % 24
 ORDER BY n
"""
)

GROUPS = """
INSERT INTO devices_group (id, public_id, name, report_interval_s, missed_reports, content_version)
SELECT {group} + n, gen_random_uuid(),
       'Fleet '
       || (ARRAY['Window screens', 'Menu boards', 'Cooler doors', 'Checkout', 'Entrance', 'Promotions'])[1 + n % 6]
       || ' ' || lpad(({group} + n)::text, 3, '0'), {interval}, 3, n % 60
  FROM generate_series(0, {groups} - 1) n
"""

VIDEOS = """
INSERT INTO media_library_video (id, public_id, name, kind, file, original_name, mime, size, sha256, thumbnail, state,
                                 state_reason, probed_at, width, height, duration_s, pages, rotation, fit_mode,
                                 created_at)
SELECT {video} + n, gen_random_uuid(),
       'Fleet ' || (ARRAY['Weekend sale', 'Fresh bread', 'Opening hours', 'Coffee bar', 'New season', 'Price list',
                          'Recipe of the day', 'Loyalty card', 'Safety notice', 'Cold brew'])[1 + n % 10]
       || ' ' || lpad(({video} + n)::text, 5, '0'),
       kind, CASE WHEN state = 'processing' THEN '' ELSE 'myvideos/' || hash || '.' || suffix END,
       'fleet-' || ({video} + n) || '.' || suffix, mime, 400000 + (n * 7919::bigint) % 60000000, hash, '', state,
       CASE WHEN state = 'failed' THEN 'The file cannot be decoded: its index is missing.' ELSE '' END,
       CASE WHEN state <> 'processing' THEN {now} - interval '1 hour' * (n % 9000) END,
       CASE WHEN n % 5 = 0 THEN 1080 ELSE 1920 END, CASE WHEN n % 5 = 0 THEN 1920 ELSE 1080 END,
       CASE WHEN kind = 'video' THEN 6 + n % 55 END, CASE WHEN kind = 'pdf' THEN 1 + n % 4 END,
       CASE WHEN n % 40 = 0 THEN 90 ELSE 0 END, CASE WHEN n % 9 = 0 THEN 'contain' ELSE 'cover' END,
       {now} - interval '1 hour' * (n % 9000)
  FROM generate_series(0, {videos} - 1) n,
       LATERAL (SELECT encode(sha256(convert_to('fleet-' || ({video} + n), 'UTF8')), 'hex') AS hash) h,
       LATERAL (SELECT CASE WHEN n % 200 = 7 THEN 'failed' WHEN n % 400 = 9 THEN 'processing'
                            ELSE 'ready' END AS state) s,
       LATERAL (SELECT CASE WHEN n % 10 IN (2, 4) THEN 'image' WHEN n % 10 = 5 THEN 'pdf' ELSE 'video' END AS kind) k,
       LATERAL (SELECT CASE kind WHEN 'image' THEN 'jpg' WHEN 'pdf' THEN 'pdf' ELSE 'mp4' END AS suffix,
                       CASE kind WHEN 'image' THEN 'image/jpeg' WHEN 'pdf' THEN 'application/pdf'
                                 ELSE 'video/mp4' END AS mime) m
"""

DEVICES = """
INSERT INTO devices_device (id, public_id, mobile_id, name, kind, state, group_id, shop_id, screen, app_version, notes,
                            content_version, created_at)
SELECT f.id, gen_random_uuid(), 'fleet-' || lpad(f.id::text, 7, '0'),
       city || ' ' || (ARRAY['window', 'menu board', 'cooler door', 'checkout', 'entrance'])[1 + f.n % 5]
       || ' ' || f.id,
       CASE f.n % 97 WHEN 50 THEN 'sensor' WHEN 51 THEN 'camera' WHEN 52 THEN 'gateway' ELSE 'player' END,
       CASE fate WHEN 'never' THEN 'registered' WHEN 'retired' THEN 'retired' ELSE 'enrolled' END,
       CASE WHEN f.n % 120 <> 60 THEN {group} + (f.n * 7 + f.n / {shops}) % {groups} END,
       CASE WHEN f.n % 150 <> 75 THEN {shop} + shop END,
       CASE WHEN f.n % 5 = 0 THEN '1080x1920' ELSE '1920x1080' END, '3.' || f.n % 4 || '.' || f.n % 7, '',
       f.n % 13, {now} - interval '1 hour' * (1200 + f.n % 15000)
  FROM fleet_fate f, LATERAL (SELECT f.n % greatest(1, {shops} - {shops} / 200) AS shop) s
  JOIN fleet_city c ON c.place = shop % 24
 ORDER BY f.n
"""
"""One shop in 200 has no device."""

TOKENS = """
INSERT INTO devices_devicetoken (public_id, device_id, prefix, token_hash)
SELECT gen_random_uuid(), id, 'dgxd_fleet-', encode(sha256(convert_to(gen_random_uuid()::text, 'UTF8')), 'hex')
  FROM fleet_fate WHERE fate NOT IN ('never', 'retired')
"""

LINKS = """
INSERT INTO media_library_link (public_id, layer, video_id, device_id, group_id, shop_id, display_order, valid_from,
                                valid_until, weekdays, start_time, end_time, created_at)
SELECT gen_random_uuid(), CASE reach WHEN 'chain' THEN 'default' ELSE 'regular' END,
       {video} + (target * 41 + k) % {videos},
       CASE WHEN reach = 'device' THEN {device} + target END, CASE WHEN reach = 'group' THEN {group} + target END,
       CASE WHEN reach = 'shop' THEN {shop} + target END, 10 * (k + 1),
       CASE WHEN n % 60 = 11 THEN {now} + interval '1 day' * (1 + n % 20) END,
       CASE WHEN n % 50 = 12 THEN {now} + interval '1 hour' * (3 + n % 160) END,
       CASE WHEN n % 12 = 5 THEN ARRAY[6, 7]::smallint[] END,
       CASE WHEN n % 10 = 3 THEN time '07:00' END, CASE WHEN n % 10 = 3 THEN time '11:00' END,
       {now} - interval '1 hour' * (n % 4000)
  FROM generate_series(0, {links} - 1) n,
       LATERAL (SELECT CASE WHEN n = 0 THEN 'chain' WHEN n % 25 = 24 THEN 'device' WHEN n % 25 >= 20 THEN 'shop'
                            ELSE 'group' END AS reach) r,
       LATERAL (SELECT CASE reach WHEN 'device' THEN n / 25 WHEN 'shop' THEN n / 25 * 4 + n % 25 - 20
                                  ELSE n / 25 * 20 + n % 25 END AS place,
                       CASE reach WHEN 'device' THEN {devices} WHEN 'shop' THEN {shops} ELSE {groups} END AS targets) p,
       LATERAL (SELECT place % targets AS target, place / targets AS k) t
"""
"""The first is the chain's default; of 25 links 20 are a group's, four a shop's and one a device's."""

PRESENCE = """
INSERT INTO devices_presence (device_id, is_online, last_seen_at, since, silent_after_s, temperature, temperature_at,
                              daily_count, monthly_count, last_daily_reset, last_monthly_reset, held_at, missing,
                              playing, storage_free, clock_offset_s, boot_id, seq)
SELECT id, seen AND fate NOT IN ('retired', 'offline'),
       CASE WHEN seen THEN last_seen END,
       CASE WHEN seen THEN CASE fate WHEN 'offline' THEN last_seen + interval '3 s' * {interval}
                                     WHEN 'unstable' THEN {now} - interval '4 minutes'
                                     WHEN 'retired' THEN last_seen ELSE {now} - interval '1 day' * (1 + n % 28) END END,
       3 * {interval},
       CASE WHEN seen THEN CASE fate WHEN 'hot' THEN 72 + n % 14 ELSE 31 + (n * 13) % 24 END ELSE 0 END,
       CASE WHEN seen THEN last_seen END,
       CASE WHEN seen THEN n % 90 ELSE 0 END, CASE WHEN seen THEN n % 2400 ELSE 0 END,
       CASE WHEN seen THEN last_seen::date END, CASE WHEN seen THEN date_trunc('month', last_seen)::date END,
       CASE WHEN seen THEN last_seen - interval '1 minute' * (n % 3000) END,
       CASE fate WHEN 'behind' THEN 1 + n % 4 ELSE 0 END,
       '', CASE WHEN seen THEN CASE fate WHEN 'full' THEN 12000000 ELSE 4000000000 + n * 90000::bigint END END,
       CASE WHEN seen THEN CASE fate WHEN 'clock' THEN 340 ELSE 0.4 END END,
       CASE WHEN seen THEN 'fleet' ELSE '' END, CASE WHEN seen THEN 5000 + n % 900 ELSE 0 END
  FROM fleet_fate,
       LATERAL (SELECT fate <> 'never' AS seen,
                       {now} - CASE fate WHEN 'retired' THEN interval '40 days' + interval '1 hour' * (n % 900)
                                         WHEN 'offline' THEN interval '4 s' * {interval}
                                                             + power((n * 0.7548776662) % 1, 4) * interval '20 days'
                                         WHEN 'late' THEN interval '1 s' * {interval} * (1.3 + (n * 0.7548776662) % 1)
                                         ELSE interval '20 s' * ((n * 0.7548776662) % 1) END AS last_seen) s
"""

BEHIND = """
UPDATE devices_presence SET held_tag = '', held_at = {now} - interval '2 hours'
 WHERE device_id IN (SELECT id FROM fleet_fate WHERE fate = 'behind')
"""

FLIPS = """
INSERT INTO devices_presenceflip (device_id, is_online, at, reason)
SELECT device_id, online, at, CASE WHEN online THEN 'report' ELSE 'silence' END
  FROM (SELECT p.device_id, p.is_online = (back % 2 = 0) AS online,
               p.since - back * CASE fate WHEN 'unstable' THEN interval '4 minutes' ELSE interval '7 hours' END AS at
          FROM devices_presence p JOIN fleet_fate f ON f.id = p.device_id,
               LATERAL generate_series(0, CASE WHEN fate = 'unstable' THEN 14 WHEN p.is_online THEN f.n % 6 / 4 * 4
                                               ELSE 1 + f.n % 3 / 2 * 4 END) back
         WHERE p.since IS NOT NULL) flip
 ORDER BY at
"""
"""Backwards from the last one, in turns; the first of all is a device's first report."""

LOGS = """
INSERT INTO telemetry_devicelog (device_id, log_type, value, message, logged_at, received_at)
SELECT {device} + reporting * {every}, CASE WHEN door THEN 'door_open' ELSE 'temperature' END,
       CASE WHEN NOT door THEN 28 + reporting % 14 + 6 * sin(extract(epoch FROM at) / 13750.98708) END, NULL,
       at - interval '400 ms', at
  FROM (SELECT n % {reporting} AS reporting, (n / {reporting}) % 10 = 9 AS door,
               {until} - interval '1 s' * ({step} * ({count} - n)) - interval '1 ms' AS at
          FROM generate_series(0::bigint, {count} - 1) n) made
"""
"""Evenly over the time and in its order, the devices in turn; temperatures rise and fall with the day."""

HOURS = """
INSERT INTO telemetry_devicelog_hour (device_id, log_type, hour, count, value_count, value_min, value_max, value_sum)
SELECT device_id, log_type, date_trunc('hour', logged_at, 'UTC'), count(*), count(value), min(value), max(value),
       sum(value)
  FROM telemetry_devicelog WHERE device_id >= {device} AND device_id < {device} + {devices}
 GROUP BY 1, 2, 3
"""

PLAYS = """
INSERT INTO telemetry_playhour
       (device_id, shop_id, shop_name, video_id, video_name, sha256, hour, count, seconds)
SELECT f.id, s.id, coalesce(s.name, ''), v.id, v.name, v.sha256,
       date_trunc('hour', {now}, 'UTC') - interval '1 hour' * back, 20 + f.n % 30,
       (20 + f.n % 30) * coalesce(v.duration_s, v.display_duration)
  FROM fleet_fate f
  JOIN devices_device d ON d.id = f.id
  LEFT JOIN locations_shop s ON s.id = d.shop_id
 CROSS JOIN generate_series(1, 24) back
  JOIN media_library_video v ON v.id >= {video} AND v.id < {video} + least(4, {videos})
 WHERE f.n % 50 = 0 AND fate IN ('online', 'hot')
"""
