"""The permission matrix as tables: every address and who may call it. `test_permission_matrix.py` runs them."""

PEOPLE = ("viewer", "editor", "operator", "limited operator", "administrator")
KEYS = ("reading key", "writing key")
"""Of the operator."""
STRANGERS = ("nobody", "own device", "other device", "revoked device")
EVERYBODY = (*STRANGERS, *PEOPLE, *KEYS)

POLICIES = {
    #             viewer  editor  operator  limited operator  administrator
    "look":      "  +       +        +             +                +      ",
    "publish":   "  -       +        +             +                +      ",
    "run":       "  -       -        +             +                +      ",
    "run-all":   "  -       -        +             -                +      ",
    "rule":      "  -       -        -             -                +      ",
    "look-all":  "  +       +        +             -                +      ",
    "pub-all":   "  -       +        +             -                +      ",
    "none":      "  -       -        -             -                -      ",
    "old":       "  -       -        +             -                +      ",
}  # fmt: skip
"""What people may by their roles. An operator's key may the same, where it only reads nothing but GET. Strangers may
nothing of it. Beside these there are: “open”, to everybody; “own”, what is one's own, to people and, to be read, to
their keys; “device”, to devices that are let in."""

API = """
POST   auth/token                            open
POST   auth/token/refresh                    open
POST   auth/token/blacklist                  open
GET    api-keys                              own
POST   api-keys                              own
GET    api-keys/{ref}                        own
POST   api-keys/{ref}/revoke                 own
GET    changes                               publish
GET    changes/{ref}                         publish
GET    shops                                 look
POST   shops                                 run-all
GET    shops/{ref}                           look
PUT    shops/{ref}                           run
PATCH  shops/{ref}                           run
DELETE shops/{ref}                           rule
GET    devices                               look
POST   devices                               run
GET    devices/{ref}                         look
PUT    devices/{ref}                         run
PATCH  devices/{ref}                         run
DELETE devices/{ref}                         run
POST   devices/{ref}/allow-pairing           run
GET    devices/{ref}/flips                   look
POST   devices/{ref}/replace                 run
POST   devices/{ref}/retire                  run
POST   devices/{ref}/rotate-token            run
GET    devices/{ref}/uptime                  look
GET    groups                                look
POST   groups                                run-all
GET    groups/{ref}                          look
PUT    groups/{ref}                          run
PATCH  groups/{ref}                          run
DELETE groups/{ref}                          run
GET    pairings                              run
POST   pairings/approve                      run
GET    pairings/{ref}                        run
POST   pairings/{ref}/refuse                 run
GET    enrolment-keys                        run
POST   enrolment-keys                        run
GET    enrolment-keys/{ref}                  run
POST   enrolment-keys/{ref}/revoke           run
GET    devices/{ref}/links                   look
GET    devices/{ref}/manifest                look
GET    groups/{ref}/videos                   look
PUT    groups/{ref}/videos                   publish
GET    videos                                look
POST   videos                                publish
POST   videos/direct                         publish
GET    videos/{ref}                          look
PUT    videos/{ref}                          publish
PATCH  videos/{ref}                          publish
DELETE videos/{ref}                          publish
POST   videos/{ref}/complete                 publish
GET    videos/{ref}/presign                  look
POST   videos/{ref}/replace                  publish
POST   videos/{ref}/bin                      publish
GET    videos/{ref}/usage                    look
GET    videos/{ref}/without                  look
GET    bin                                   look
POST   bin/empty                             publish
GET    bin/{ref}                             look
DELETE bin/{ref}                             publish
POST   bin/{ref}/restore                     publish
GET    emergencies                           look
POST   emergencies                           run
GET    emergencies/{ref}                     look
POST   emergencies/{ref}/end                 run
GET    links                                 look
POST   links                                 publish
POST   links/bulk                            publish
POST   links/reorder                         publish
GET    links/{ref}                           look
PUT    links/{ref}                           publish
PATCH  links/{ref}                           publish
DELETE links/{ref}                           publish
GET    uploads                               publish
POST   uploads                               publish
GET    uploads/{ref}                         publish
DELETE uploads/{ref}                         publish
POST   uploads/{ref}/addresses               publish
POST   uploads/{ref}/complete                publish
GET    logs                                  look
GET    logs/export                           look
GET    plays                                 look
GET    plays/export                          look
GET    devices/{ref}/logs                    look
"""
"""/api/v1 but for the devices' own protocol."""

DEVICES = """
POST   enrol                                 open
POST   claim                                 open
POST   poll                                  device
GET    manifest                              device
"""
"""/api/v1/device, the protocol. A device is known by its token alone: no address names another."""

OLD = """
POST   device/create                             old
DELETE device/<mobile_id>                        old
DELETE group/<gname>                             old
DELETE shop/<shop_name>                          old
POST   link                                      old
GET    link/<link_id>                            old
DELETE link/<link_id>                            old
POST   link/<link_id>/delete                     old
GET    links                                     old
GET    links/by_device/<mobile_id>               old
GET    links/by_group/<gname>                    old
GET    device/<mobile_id>/video                  old
GET    device/<mobile_id>/videos                 old
GET    device/<mobile_id>/videos/downloads       old
GET    device/<mobile_id>/presigned_urls         old
GET    device/<mobile_id>/video/<link_id>/download old
GET    device/<mobile_id>/download_status        old
POST   device/<mobile_id>/download_update        old
GET    group/<gname>/videos                      old
POST   group/<gname>/video                       old
POST   group/<gname>/videos                      old
PUT    group/<gname>/videos                      old
POST   insert_device                             old
GET    device/<mobile_id>                        old
PUT    device/<mobile_id>                        old
GET    devices                                   old
POST   insert_group                              old
GET    group/<gname>                             old
PUT    group/<gname>                             old
GET    groups                                    old
POST   insert_shop                               old
GET    shop/<shop_name>                          old
PUT    shop/<shop_name>                          old
GET    shops                                     old
POST   upload_video                              old
GET    video/<video_name>                        old
PUT    video/<video_name>                        old
DELETE video/<video_name>                        old
GET    video/<video_name>/presign                old
POST   video/<video_name>/rotation               old
POST   video/<video_name>/fit_mode               old
GET    videos                                    old
GET    device/<mobile_id>/online                 old
POST   device/<mobile_id>/online                 old
POST   device/<mobile_id>/online_update          old
GET    device/<mobile_id>/online_history         old
GET    device/<mobile_id>/uptime_report          old
POST   device/<mobile_id>/temperature            old
POST   device/<mobile_id>/temperature_update     old
GET    device/<mobile_id>/temperature_series     old
GET    device/<mobile_id>/counts                 old
POST   device/<mobile_id>/door_open              old
POST   device/<mobile_id>/daily_update           old
POST   device/<mobile_id>/monthly_update         old
GET    device/<mobile_id>/logs                   old
GET    device/<mobile_id>/logs/download          old
GET    devices/logs/summary                      old
GET    devices/logs/summary/download             old
POST   admin/mark_offline_devices                old
GET    db_health                                 open
GET    pool_stats                                old
"""
"""The old routes at the root."""

REST = """
GET                                          open
GET    health                                open
GET    ready                                 open
GET    openapi.json                          open
GET    openapi-old.json                      open
GET    docs                                  open
GET    redoc                                 open
GET    player                                open
GET    player/                               open
GET    player/sw.js                          open
GET    player/manifest.webmanifest           open
GET    player/qr.svg                         open
"""
"""Probes, descriptions and the player: no rows of anybody. `/` leads to the admin, which asks who it is."""

ASKED_WITH = {"video/<video_name>": "?presign=false", "player/qr.svg": "?code=A7K2QX"}
"""Without which there is nothing to read: the first asks the store for the video's file, the second draws a code."""

ADMIN = """
model                                 see       add       change    delete
core/apikey                           rule      rule      rule      rule
core/change                           publish   none      publish   none
locations/shop                        look      run-all   run       rule
locations/chain                       look-all  none      pub-all   none
devices/device                        look      run       run       run
devices/group                         look      run-all   run       run
devices/pairing                       run       none      run       rule
devices/enrolmentkey                  run       run       run       rule
devices/devicetoken                   run       none      none      none
devices/presenceflip                  look      none      none      none
devices/fleetevent                    look-all  none      none      none
media_library/video                   look      publish   publish   publish
media_library/link                    look      publish   publish   publish
media_library/emergency               look      none      none      none
telemetry/devicelog                   look      none      none      none
telemetry/deviceloghour               look      none      none      none
telemetry/playhour                    look      none      none      none
auth/user                             rule      rule      rule      rule
auth/group                            rule      none      none      none
django_celery_beat/periodictask       rule      rule      rule      rule
django_celery_beat/intervalschedule   rule      rule      rule      rule
django_celery_beat/crontabschedule    rule      rule      rule      rule
django_celery_beat/clockedschedule    rule      rule      rule      rule
django_celery_beat/solarschedule      rule      rule      rule      rule
"""
"""The pages that every model has: its list, a row's page and its history (see); the forms. An act of the audit has no
form: what is posted to its page is answered with the page."""

ADMIN_MORE = """
core_change_export                    publish
core_change_of                        publish
auth_user_access                      rule
auth_user_password_change             rule
devices_device_add-videos             publish
devices_device_changes                look
devices_device_export_csv             look
devices_device_import_csv             run
devices_device_one_pairing            run
devices_device_one_replace            run
devices_device_one_retire             run
devices_device_one_rotate             run
devices_device_plays                  look
devices_device_reports                look
devices_device_why                    look
devices_enrolmentkey_print_sheet      run
devices_group_add-videos              publish
devices_group_changes                 look
devices_group_export_csv              look
devices_group_import_csv              run-all
devices_group_rollout                 look
devices_pairing_approve               run
locations_chain_add-videos            pub-all
locations_chain_rollout               look-all
locations_shop_add-videos             publish
locations_shop_changes                look
locations_shop_export_csv             look
locations_shop_import_csv             run-all
locations_shop_map                    look
locations_shop_map_data               look
locations_shop_plays                  look
locations_shop_rollout                look
media_library_emergency_end           run
media_library_emergency_start         run
media_library_link_export_csv         look
media_library_link_import_csv         publish
media_library_video_bin               look
media_library_video_open_bin          look
media_library_video_open_upload       publish
media_library_video_restore           publish
media_library_video_screen            look
media_library_video_upload            publish
telemetry_devicelog_export            look
telemetry_playhour_export             look
telemetry_playhour_export_days        look
account                               staff
account_end                           staff
account_recovery_codes                staff
account_second_factor                 staff
account_second_factor_off             staff
index                                 staff
search                                staff
autocomplete                          look
app_list                              staff
password_change                       staff
password_change_done                  staff
view_on_site                          door
jsi18n                                staff
login                                 door
login_code                            door
logout                                door
"""
"""The other pages of the admin, by the name of their address. “staff”: to every person who may log in to it; “door”:
the door itself, which shows nothing and leads on."""


def rows_of(table: str) -> list[tuple[str, str, str]]:
    """Method, address and policy of each line; the address may be empty."""
    found = [line.split() for line in table.strip("\n").splitlines()]
    return [(row[0], row[1] if len(row) > 2 else "", row[-1]) for row in found]


def cells(policy: str) -> dict[str, bool]:
    """Who of the people may."""
    return {who: cell == "+" for who, cell in zip(PEOPLE, POLICIES[policy].split(), strict=True)}


def expected(method: str, policy: str) -> dict[str, bool]:
    """Who of everybody may call it."""
    if policy == "open":
        return dict.fromkeys(EVERYBODY, True)
    if policy == "device":
        return {who: who in {"own device", "other device"} for who in EVERYBODY}
    if policy == "own":
        return {who: who in PEOPLE or (who in KEYS and method == "GET") for who in EVERYBODY}
    people, key = cells(policy), cells(policy)["operator"]
    return {**dict.fromkeys(STRANGERS, False), **people, "reading key": key and method == "GET", "writing key": key}


def admin_models() -> dict[str, dict[str, str]]:
    """By the beginning of the pages' names, who may see, add, change and delete."""
    verbs, *lines = [line.split() for line in ADMIN.strip().splitlines()]
    return {line[0].replace("/", "_"): dict(zip(verbs[1:], line[1:], strict=True)) for line in lines}
