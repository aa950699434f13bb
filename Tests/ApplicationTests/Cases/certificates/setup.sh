key root
issue root "Example Root" "" $as_ca
key middle
issue middle "Example R1" root $as_ca
key leaf
issue leaf shop.example middle $server $names
