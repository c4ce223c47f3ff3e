"""The peer's tables, and the fleet of `benchmarks.data` in them: devices with 20 videos each, of a library of 200."""

from django.db import connection

_SCHEMA = """
create table device(id bigserial primary key, mobile_id text unique not null, name text, is_online boolean
  default false, temperature double precision, last_seen timestamptz, created_at timestamptz default now());
create table video(id bigserial primary key, video_name text unique not null, s3_key text not null,
  rotation int default 0, fit_mode text default 'cover', content_type text default 'video', display_duration int
  default 10, created_at timestamptz default now());
create table shop(id bigserial primary key, shop_name text unique not null);
create table "group"(id bigserial primary key, gname text unique not null);
create table device_video_shop_group(id bigserial primary key, did bigint references device, vid bigint
  references video, sid bigint references shop, gid bigint references "group", unique(did, vid, sid, gid));
create index dvsg_did on device_video_shop_group(did);
create table device_logs(id bigserial primary key, did bigint references device, log_type text, value
  double precision, logged_at timestamptz default now());
create index device_logs_did on device_logs(did, logged_at desc);
"""

_ROWS = """
insert into shop(shop_name) select 'shop-'||g from generate_series(1,100) g;
insert into "group"(gname) select 'group-'||g from generate_series(1,50) g;
insert into video(video_name, s3_key) select 'video-'||g, 'myvideos/video-'||g||'.mp4' from generate_series(1,200) g;
insert into device(mobile_id, name, is_online, last_seen)
  select 'dev-'||g, 'Device '||g, true, now() from generate_series(1,{devices}) g;
insert into device_video_shop_group(did, vid, sid, gid)
  select d, 1 + (d*7 + v*3) % 200, 1 + d % 100, 1 + d % 50
    from generate_series(1,{devices}) d, generate_series(1,20) v on conflict do nothing;
"""


def fill(devices: int) -> None:
    """Make the tables in the present database, and the rows."""
    with connection.cursor() as cursor:
        cursor.execute(_SCHEMA)
        cursor.execute(_ROWS.format(devices=devices))
        cursor.execute("VACUUM (ANALYZE)")
