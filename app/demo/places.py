"""Where the demo shop is: two warehouses, 60 stores, and partners' points around them. All invented but the towns."""

from dataclasses import dataclass
from math import cos, radians
from random import Random
from typing import Final

KONBINI_PER_TOWN: Final = 3
LOCKERS_PER_TOWN: Final = 2
# One town in so many has a post office that keeps parcels.
TOWNS_PER_OFFICE: Final = 3


@dataclass(frozen=True, slots=True)
class Town:
    """A town with a store: JIS X 0401 prefecture, a postal code of its centre, rough coordinates of its station."""

    code: str
    ja: str
    en: str
    prefecture: int
    postal_code: str
    latitude: float
    longitude: float


_TOWNS: Final = """
SAPPORO 札幌 Sapporo 1 0600005 43.068 141.351
ASAHIKAWA 旭川 Asahikawa 1 0700030 43.763 142.358
HAKODATE 函館 Hakodate 1 0400063 41.774 140.726
AOMORI 青森 Aomori 2 0300803 40.829 140.735
MORIOKA 盛岡 Morioka 3 0200034 39.701 141.137
SENDAI 仙台 Sendai 4 9800021 38.260 140.882
AKITA 秋田 Akita 5 0100001 39.717 140.130
YAMAGATA 山形 Yamagata 6 9900039 38.248 140.328
KORIYAMA 郡山 Koriyama 7 9638002 37.398 140.388
MITO 水戸 Mito 8 3100015 36.371 140.476
UTSUNOMIYA 宇都宮 Utsunomiya 9 3200811 36.559 139.898
TAKASAKI 高崎 Takasaki 10 3700849 36.322 139.013
OMIYA 大宮 Omiya 11 3300854 35.906 139.624
KASHIWA 柏 Kashiwa 12 2770005 35.862 139.971
CHIBA 千葉 Chiba 12 2600015 35.613 140.113
SHIBUYA 渋谷 Shibuya 13 1500043 35.659 139.701
SHINJUKU 新宿 Shinjuku 13 1600022 35.690 139.700
IKEBUKURO 池袋 Ikebukuro 13 1710022 35.730 139.711
GINZA 銀座 Ginza 13 1040061 35.671 139.765
UENO 上野 Ueno 13 1100005 35.712 139.777
KICHIJOJI 吉祥寺 Kichijoji 13 1800004 35.703 139.580
TACHIKAWA 立川 Tachikawa 13 1900012 35.698 139.414
YOKOHAMA 横浜 Yokohama 14 2200011 35.466 139.622
KAWASAKI 川崎 Kawasaki 14 2100007 35.531 139.697
NIIGATA 新潟 Niigata 15 9500087 37.912 139.061
TOYAMA 富山 Toyama 16 9300002 36.701 137.213
KANAZAWA 金沢 Kanazawa 17 9200858 36.578 136.648
FUKUI 福井 Fukui 18 9100005 36.062 136.223
KOFU 甲府 Kofu 19 4000031 35.667 138.569
NAGANO 長野 Nagano 20 3800823 36.643 138.189
GIFU 岐阜 Gifu 21 5008833 35.409 136.757
SHIZUOKA 静岡 Shizuoka 22 4200852 34.972 138.389
HAMAMATSU 浜松 Hamamatsu 22 4300933 34.704 137.735
NAGOYA 名古屋 Nagoya 23 4500002 35.171 136.882
SAKAE 栄 Sakae 23 4600008 35.170 136.908
TSU 津 Tsu 24 5140009 34.734 136.511
OTSU 大津 Otsu 25 5200056 35.004 135.859
KYOTO 京都 Kyoto 26 6008216 34.986 135.759
UMEDA 梅田 Umeda 27 5300001 34.702 135.496
NAMBA なんば Namba 27 5420076 34.667 135.500
TENNOJI 天王寺 Tennoji 27 5450052 34.646 135.514
KOBE 神戸 Kobe 28 6500021 34.690 135.195
HIMEJI 姫路 Himeji 28 6700927 34.827 134.691
NARA 奈良 Nara 29 6308244 34.682 135.820
WAKAYAMA 和歌山 Wakayama 30 6408331 34.232 135.191
TOTTORI 鳥取 Tottori 31 6800835 35.494 134.226
MATSUE 松江 Matsue 32 6900003 35.464 133.064
OKAYAMA 岡山 Okayama 33 7000024 34.666 133.918
HIROSHIMA 広島 Hiroshima 34 7300031 34.397 132.475
YAMAGUCHI 山口 Yamaguchi 35 7530042 34.172 131.481
TOKUSHIMA 徳島 Tokushima 36 7700831 34.074 134.551
TAKAMATSU 高松 Takamatsu 37 7600011 34.350 134.047
MATSUYAMA 松山 Matsuyama 38 7900012 33.836 132.763
KOCHI 高知 Kochi 39 7800056 33.567 133.543
HAKATA 博多 Hakata 40 8120012 33.590 130.421
KOKURA 小倉 Kokura 40 8020001 33.887 130.883
KUMAMOTO 熊本 Kumamoto 43 8600047 32.789 130.688
OITA 大分 Oita 44 8700831 33.233 131.607
KAGOSHIMA 鹿児島 Kagoshima 46 8900053 31.584 130.541
NAHA 那覇 Naha 47 9000015 26.215 127.679
"""


def towns() -> list[Town]:
    """The 60 towns, from north to south."""
    rows = [line.split() for line in _TOWNS.strip().splitlines()]
    return [Town(row[0], row[1], row[2], int(row[3]), row[4], float(row[5]), float(row[6])) for row in rows]


def near(town: Town, random: Random, km: float) -> tuple[float, float]:
    """Coordinates up to `km` north, south, east or west of a town's station."""
    north, east = random.uniform(-km, km), random.uniform(-km, km)
    latitude = town.latitude + north / 111.0
    longitude = town.longitude + east / (111.0 * cos(radians(town.latitude)))
    return round(latitude, 5), round(longitude, 5)
