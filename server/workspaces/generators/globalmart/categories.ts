/** The hundred categories of the shop, the large ones first. */
export const CATEGORIES: readonly string[] = `
Phones|Laptops|Headphones|Kitchen Appliances|Shoes|Jackets|Toys|Books|Skin Care|Coffee & Tea
Tablets|Cameras|Speakers|Cookware|Sneakers|Dresses|Board Games|Comics|Hair Care|Snacks
Monitors|Printers|Keyboards|Tableware|Boots|Shirts|Puzzles|Textbooks|Make-up|Sweets
Smart Watches|Drones|Chargers|Bedding|Sandals|Jeans|Model Kits|Cookery Books|Perfume|Spices
Game Consoles|Video Games|Cables|Curtains|Socks|Knitwear|Dolls|Travel Guides|Shaving|Wine
Televisions|Projectors|Storage Media|Rugs|Hats|Swimwear|Outdoor Toys|Stationery|Vitamins|Breakfast
Routers|Smart Home|Batteries|Lamps|Belts|Underwear|Craft Sets|Calendars|First Aid|Pasta
Sofas|Chairs|Tables|Shelves|Bags|Suits|Baby Toys|Pens|Dental Care|Olive Oil
Bicycles|Camping|Fitness|Garden Tools|Luggage|Scarves|Party Supplies|Notebooks|Massage|Pet Food
Car Parts|Power Tools|Paint|Plants|Jewellery|Gloves|Musical Instruments|Maps|Candles|Cleaning
`
  .trim()
  .split(/[|\n]/)
