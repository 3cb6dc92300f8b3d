TRUNCATE country_reference;
