"""Names for the people, companies and places of the company's data; all invented, none of them anybody's."""

from __future__ import annotations

from collections.abc import Mapping

FIRST = (
    "Jana Milan Petra Oskar Lena Tomas Ines Karim Vera Bruno Sofia Henrik Alma Pavel Nadia Felix Greta Omar Klara "
    "Viktor Elif Jonas Marta Anton Yara Stefan Ida Rafael Tilda Emil Zoe Marek Hanna Luca Rosa Niklas Amira Georg "
    "Selma Davide Olga Simon Mina Robert Carla Leon Freya Adam Lucia Erik Dalia Moritz Paula Igor Svea Hugo Nora "
    "Timo Edith Walter"
).split()
LAST = (
    "Novak Lindgren Albers Marchetti Kowalski Brandt Okafor Jensen Petrov Haas Moreau Wieland Santos Aydin Keller "
    "Varga Nyberg Falk Dietz Rossi Hollmann Iversen Sorensen Baumann Costa Demir Eklund Fischer Grabowski "
    "Hoffmann Ivanov Jansen Kraus Lorenz Meier Nemeth Olsen Pohl Quast Reuter Seidel Tanaka Ulrich Vogel Winter "
    "Yilmaz Zimmer Ackermann Berger Conti Dvorak Engel Franke Gomez Huber Ibarra Kuhn Larsson Maurer Nowak "
    "Ostrowski Peeters Richter Schuster Thoma"
).split()
PLACES: Mapping[str, str] = {
    "Hamburg": "DE", "Bremen": "DE", "Leipzig": "DE", "Kassel": "DE", "Vienna": "AT", "Graz": "AT", "Prague": "CZ",
    "Brno": "CZ", "Gdansk": "PL", "Poznan": "PL", "Malmo": "SE", "Aarhus": "DK", "Utrecht": "NL", "Ghent": "BE",
    "Lyon": "FR", "Turin": "IT",
}  # fmt: skip
"""Cities and the country of each."""
STREETS = "Harbour Road,Mill Lane,Station Street,Canal Bank,Oak Avenue,Foundry Way,Market Square,Depot Road".split(",")
TRADES = (
    "Packaging Tools Foods Textiles Logistics Electric Plastics Print Optics Dairy Timber Chemicals Metals Paper "
    "Systems"
).split()
STEMS = (
    "Arvo Belmar Corvin Dalby Estrel Fennic Galvo Hestra Ibex Jorvik Kestro Lumina Marlo Nordeck Orbis Pellar "
    "Quarto Rovin Saltus Tervo Umbra Valdis Wexford Xanto Yarrow Zephyra Bright Halden Merido Castor"
).split()
FORMS = ("GmbH", "AG", "Ltd", "BV", "AB", "SA", "s.r.o.")
HOSTS = ("web", "db", "mail", "build", "cache", "proxy", "batch", "files")
DOMAIN = "harbourline.example"
"""Where the company's own mail goes."""
