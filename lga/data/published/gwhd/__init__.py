"""Read the Global Wheat Head Dataset in each of its three published forms."""
