-- Each search reads the words of every passage of a store; out of their row they would cost more than the search itself.
ALTER TABLE passages ALTER COLUMN words SET STORAGE MAIN;
