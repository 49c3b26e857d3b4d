"""The words that demo products are made of: kinds of goods by category, and the styles they come in."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of goods. options: which of color, size, flavor, capacity its variants differ in."""

    slug: str
    ja: str
    en: str
    price: int
    weight_g: int
    girth_cm: int
    options: str


@dataclass(frozen=True, slots=True)
class Style:
    """What makes one product of a kind differ from another: material, make or taste, and what it does to the price."""

    slug: str
    ja: str
    en: str
    factor: int
    note_ja: str
    note_en: str


# slug | Japanese | English; kinds: slug, Japanese, English (with _ for spaces), yen, grams, cm around, options
_CATEGORIES: Final = """
= wear 衣類 Clothing craft
t-shirt Tシャツ T-shirt 2490 180 50 color+size
shirt シャツ Shirt 4990 240 60 color+size
cardigan カーディガン Cardigan 5990 380 65 color+size
sweater セーター Sweater 6990 450 70 color+size
trousers パンツ Trousers 5490 520 70 color+size
skirt スカート Skirt 4990 360 65 color+size
socks 靴下 Socks 790 60 30 color
scarf マフラー Scarf 3490 210 50 color
haori 羽織 Haori_jacket 8990 640 75 color+size
pajamas パジャマ Pajamas 4990 480 65 size
apron エプロン Apron 2990 220 50 color
gloves 手袋 Gloves 1990 90 35 color
= bags かばん Bags craft
tote トートバッグ Tote_bag 3990 420 80 color
furoshiki 風呂敷 Furoshiki_cloth 1990 110 40 color
backpack リュック Backpack 7990 780 95 color
pouch ポーチ Pouch 1490 90 35 color
wallet 財布 Wallet 5990 140 35 color
card-case 名刺入れ Card_case 2990 60 30 color
suitcase スーツケース Suitcase 15900 3400 158 color
shoulder-bag ショルダーバッグ Shoulder_bag 5490 460 80 color
eco-bag エコバッグ Shopping_bag 990 70 30 color
umbrella 傘 Umbrella 2990 430 105 color
= kitchen 台所用品 Kitchen craft
rice-bowl 飯碗 Rice_bowl 1490 260 40 color
teapot 急須 Teapot 3990 480 55 color
mug マグカップ Mug 1290 320 40 color
chopsticks 箸 Chopsticks 890 40 35 color
donabe 土鍋 Clay_pot 6990 3800 95 capacity
knife 包丁 Kitchen_knife 8990 280 50 none
cutting-board まな板 Cutting_board 2990 900 70 none
frying-pan フライパン Frying_pan 4990 1200 95 capacity
bento-box 弁当箱 Bento_box 2490 240 45 color
tea-towel ふきん Tea_towel 590 50 30 color
plate 皿 Plate 1690 420 55 capacity
kettle やかん Kettle 4490 900 75 color
= bath バス・タオル Bath_and_towels craft
bath-towel バスタオル Bath_towel 2490 420 60 color
face-towel フェイスタオル Face_towel 990 110 40 color
tenugui 手ぬぐい Tenugui_cloth 890 40 30 color
soap せっけん Soap 690 110 25 none
bath-salt 入浴剤 Bath_salt 1290 450 40 capacity
brush ボディブラシ Body_brush 1990 180 50 none
bath-mat バスマット Bath_mat 2990 700 75 color
slippers スリッパ Slippers 1990 240 60 color+size
= living 暮らし Living craft
cushion クッション Cushion 2990 600 90 color
blanket ブランケット Blanket 4990 1100 95 color
incense お香 Incense 1190 60 30 none
candle ろうそく Candle 1490 260 35 none
lamp 行灯 Paper_lantern 9990 1500 110 none
vase 花器 Vase 3990 900 70 color
noren のれん Door_curtain 3490 320 60 color
zabuton 座布団 Floor_cushion 4490 900 120 color
basket かご Basket 2990 500 95 capacity
clock 置時計 Table_clock 5990 420 50 color
= stationery 文房具 Stationery craft
notebook ノート Notebook 690 220 45 color
fountain-pen 万年筆 Fountain_pen 7990 40 30 color
letter-set 便箋セット Letter_set 890 120 45 none
washi-tape 和紙テープ Washi_tape 390 30 20 color
brush-pen 筆ペン Brush_pen 790 20 25 color
planner 手帳 Planner 2490 280 45 color
pencil-case ペンケース Pencil_case 1690 90 40 color
paper-folder ファイル Folder 490 110 60 color
postcard はがき Postcards 590 60 30 none
ink インク Ink 1990 150 25 color
= kids こども Kids craft
blocks 積み木 Wooden_blocks 4990 1400 80 none
kids-shirt 子ども用Tシャツ Kids'_T-shirt 1790 110 40 color+size
picture-book 絵本 Picture_book 1590 420 60 none
puzzle パズル Puzzle 1990 380 60 capacity
plush ぬいぐるみ Plush_toy 2490 260 75 color
bib よだれかけ Bib 1190 50 30 color
kendama けん玉 Kendama 1990 180 45 color
lunch-set 子ども食器セット Kids'_tableware 3490 700 65 color
= food 食品 Food taste
senbei せんべい Rice_crackers 590 180 50 flavor
sencha 煎茶 Sencha_tea 1490 110 35 capacity
miso みそ Miso 990 750 45 capacity
soy-sauce しょうゆ Soy_sauce 890 900 50 capacity
yokan ようかん Yokan_jelly 1290 320 35 flavor
udon うどん Udon_noodles 790 500 50 capacity
furikake ふりかけ Rice_seasoning 490 60 30 flavor
curry レトルトカレー Curry 590 230 40 flavor
jam ジャム Jam 890 300 30 flavor
rice 米 Rice 2990 2000 70 capacity
honey はちみつ Honey 1990 350 30 capacity
coffee コーヒー豆 Coffee_beans 1290 210 40 capacity
= chilled 冷蔵食品 Chilled_food taste
pudding プリン Pudding 1490 420 45 flavor
cheese チーズ Cheese 1290 200 35 flavor
pickles 漬物 Pickles 690 260 40 flavor
tofu 豆腐 Tofu 490 350 40 capacity
fish 干物 Dried_fish 1990 500 60 capacity
cake チーズケーキ Cheesecake 2990 650 60 flavor
= garden 庭・屋外 Garden_and_outdoors craft
seeds 花の種 Flower_seeds 390 10 25 flavor
planter 植木鉢 Planter 1990 1800 90 color
wind-chime 風鈴 Wind_chime 1990 160 40 color
lunch-sheet レジャーシート Picnic_mat 1990 450 60 color
bottle 水筒 Water_bottle 3490 320 45 color
fan うちわ Fan 890 60 50 color
stool 折りたたみ椅子 Folding_stool 3990 1700 115 color
"""

_STYLES: Final = """
craft indigo 藍染め Indigo-dyed 130 天然の藍で染めました。 Dyed_with_natural_indigo.
craft linen 麻 Linen 125 さらりとした麻の手ざわりです。 With_the_cool_touch_of_linen.
craft organic 有機素材 Organic 120 有機素材だけで作りました。 Made_of_organic_materials_only.
craft hinoki ひのき Hinoki 140 ひのきの香りを楽しめます。 With_the_scent_of_hinoki_wood.
craft plain 無地 Plain 100 毎日使える、飾らない形です。 A_plain_shape_for_every_day.
craft sakura 桜もよう Cherry-blossom 110 桜のもようをあしらいました。 With_a_pattern_of_cherry_blossoms.
craft wave 青海波 Seigaiha 110 青海波は波のもようです。 With_the_wave_pattern_seigaiha.
craft kasuri かすり Kasuri 135 かすりの糸のゆらぎが味わいです。 Woven_with_the_soft_blur_of_kasuri_yarn.
craft light 軽量 Lightweight 105 軽くて持ち運びやすい作りです。 Light_and_easy_to_carry.
craft winter 冬の Winter 115 寒い季節のために作りました。 Made_for_the_cold_season.
craft artisan 職人の Artisan 180 職人がひとつずつ仕上げました。 Finished_piece_by_piece_by_hand.
craft mini 小さめ Small 85 場所をとらない大きさです。 A_size_that_takes_little_room.
craft gift 贈り物の Gift 120 箱に入れてお届けします。 Comes_in_a_box.
taste kyoto 京風 Kyoto-style 120 だしのきいたやさしい味です。 A_gentle_taste_with_dashi.
taste hokkaido 北海道 Hokkaido 125 北海道の素材を使いました。 With_produce_of_Hokkaido.
taste organic 有機 Organic 130 有機栽培の原料だけを使いました。 Of_organically_grown_ingredients.
taste mild まろやか Mild 100 まろやかに仕上げました。 Mild_and_round.
taste rich 濃い味 Rich 105 しっかりとした濃い味です。 A_deep_rich_taste.
taste salt-free 減塩 Low-salt 110 塩分をひかえました。 With_less_salt.
taste matcha 抹茶入り Matcha 120 抹茶の香りをきかせました。 With_the_scent_of_matcha.
taste yuzu ゆず香る Yuzu 115 ゆずの皮をきかせました。 With_yuzu_peel.
taste small 食べきり Single-serve 80 一度で食べきれる量です。 The_amount_for_one_sitting.
taste family 大家族用 Family-size 190 みんなで分けられる量です。 An_amount_to_share.
taste roasted 炭火 Charcoal-roasted 125 炭火で香ばしく仕上げました。 Roasted_over_charcoal.
taste gift 贈り物の Gift 150 箱に入れてお届けします。 Comes_in_a_box.
taste winter 冬限定 Winter_special 115 冬だけの味です。 Only_in_winter.
"""

# Values that variants differ in: (slug, Japanese, English).
OPTIONS: Final[dict[str, tuple[str, str, tuple[tuple[str, str, str], ...]]]] = {
    "color": (
        "色",
        "Color",
        (("WH", "白", "White"), ("NV", "紺", "Navy"), ("RD", "赤", "Red"), ("GN", "緑", "Green"), ("BK", "黒", "Black"),
         ("BG", "ベージュ", "Beige"), ("GY", "灰色", "Gray"), ("YL", "黄色", "Yellow")),
    ),
    "size": ("サイズ", "Size", (("S", "S", "S"), ("M", "M", "M"), ("L", "L", "L"))),
    "flavor": (
        "味",
        "Flavor",
        (("PL", "プレーン", "Plain"), ("SO", "しお", "Salt"), ("GM", "ごま", "Sesame"), ("UM", "うめ", "Plum")),
    ),
    "capacity": ("容量", "Size", (("1", "小", "Small"), ("2", "中", "Medium"), ("3", "大", "Large"))),
}  # fmt: skip


def _spaced(word: str) -> str:
    return word.replace("_", " ")


def categories() -> list[tuple[str, str, str, str, list[Kind]]]:
    """(slug, Japanese, English, family of styles, kinds) of each category."""
    found: list[tuple[str, str, str, str, list[Kind]]] = []
    for line in _CATEGORIES.strip().splitlines():
        word = line.split()
        if word[0] == "=":
            found.append((word[1], word[2], _spaced(word[3]), word[4], []))
        else:
            kind = Kind(word[0], word[1], _spaced(word[2]), int(word[3]), int(word[4]), int(word[5]), word[6])
            found[-1][4].append(kind)
    return found


def styles(family: str) -> list[Style]:
    """The styles of a family: `craft` for things, `taste` for food."""
    rows = [line.split() for line in _STYLES.strip().splitlines()]
    return [
        Style(row[1], row[2], _spaced(row[3]), int(row[4]), row[5], _spaced(row[6])) for row in rows if row[0] == family
    ]
