key root
issue root "Example Root" "" $authority
key middle
issue middle "Example R1" root $authority
key leaf
issue leaf shop.example middle $server $names
